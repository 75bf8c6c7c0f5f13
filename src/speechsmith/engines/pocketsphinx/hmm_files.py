"""The files of an acoustic model as arrays, and back: what the decoder library reads.

    means, variances     "s3", lines up to "endhdr", a byte-order mark, codebooks, streams, Gaussians, the length of
                         each stream, number of floats, floats [codebook][stream][Gaussian][value], a checksum if the
                         header has the line "chksum0 yes"
    mixture_weights      the same header; senones, streams, Gaussians, number; floats [senone][stream][Gaussian]
    sendump              strings with their lengths, 0, Gaussians, senones, bytes [stream][Gaussian][senone], each
                         -log(weight) in steps of log(1.0001) * 1024; a quarter of mixture_weights and faster to load
    transition_matrices  the same header; matrices, states, states + 1, number; floats [matrix][from][to]
    mdef                 "BMDF", version, a text, ten counts, names of base phones, a tree, phones, senone sequences

The checksum of all 32-bit words w after the mark is s <- rotate(s, 20) + w.
"""

import os
import re
import shutil
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.hmm import TiedMixtures
from speechsmith.asr.hmm.model import Floats, Integers
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.files import check_acoustic

_BYTE_ORDER = 0x11223344
_HEADER = b"s3\nversion 1.0\nchksum0 yes\n      endhdr\n"
_STEP = 1024 * np.log(1.0001)  # what one more in a byte of sendump takes off a log weight
_LEAST = 159  # the decoder's smallest weight, in steps
_POSITIONS = {"internal": 0, "begin": 1, "end": 2, "single": 3}  # of a phone in its word
_COPIED = ("mdef", "noisedict", "transition_matrices")
TELEPHONE = "telephone"  # a file that marks densities of telephone speech
SCALE = "language_scale"  # a file with how much more than usual words count beside the sound; 1 where there is none
_SENDUMP_HEADER = (
    "BEGIN FILE FORMAT DESCRIPTION",
    "(int32) <length(string)> (including trailing 0)",
    "<string> (including trailing 0)",
    "(int32) 0 (length(string)=0 terminates the header)",
    "(int32) <#codewords>",
    "(int32) <#pdfs>",
    "#pdf (unsigned char) negative log weights for stream-0 codeword-0",
    "... preceding item repeated for all codewords, then for all streams",
    "END FILE FORMAT DESCRIPTION",
    "cluster_count 0",
    "codebook_count 1",
)


@dataclass(frozen=True, slots=True, eq=False)
class ModelDefinition:
    """Which states a phone has in which context.

    phones: names of the C base phones. matrix_of: (C,) the transition matrix of each.
    sequences: (Q, N) the senones of each sequence of N states. base_sequence: (C,) the sequence of each base phone.
    """

    phones: tuple[str, ...]
    matrix_of: Integers
    sequences: Integers
    base_sequence: Integers
    _keys: NDArray[np.int64]  # sorted: position, phone, left and right neighbor of each triphone
    _sequence_of_key: Integers

    def states(self, phone: int, left: int, right: int, position: str) -> Integers:
        """The senones of a phone between two others; `position` in the word: internal, begin, end or single.

        What was not seen in training at this position is taken from another one, or else from the base phone.
        """
        asked = _POSITIONS[position]
        for place in (asked, *(other for other in _POSITIONS.values() if other != asked)):
            key = _key(place, phone, left, right)
            at = int(np.searchsorted(self._keys, key))
            if at < len(self._keys) and self._keys[at] == key:
                found: Integers = self.sequences[self._sequence_of_key[at]]
                return found
        base: Integers = self.sequences[self.base_sequence[phone]]
        return base

    def codebook_of_senones(self, senones: int) -> Integers:
        """(S,) the base phone that each senone belongs to: its codebook."""
        of = np.zeros(senones, np.int32)
        phone_of_key = (self._keys >> 16) & 0xFF
        of[self.sequences[self._sequence_of_key]] = phone_of_key[:, None]
        of[self.sequences[self.base_sequence]] = np.arange(len(self.phones))[:, None]
        return of


@dataclass(frozen=True, slots=True, eq=False)
class AcousticModel:
    """A folder of files, read: densities, contexts, and log_transitions (M, N, N + 1) of each matrix."""

    folder: Path
    mixtures: TiedMixtures
    definition: ModelDefinition
    log_transitions: Floats
    fillers: tuple[str, ...]  # phones of pauses and noises, silence first


def read_model(folder: Path) -> AcousticModel:
    """Raises: EngineError (`ModelFilesMissing`, `ModelFilesDamaged`)."""
    check_acoustic(folder)
    try:
        definition = _read_definition(folder / "mdef")
        weights = _read_weights(folder)
        means, variances = (_read_gaussians(folder / name) for name in ("means", "variances"))
        mixtures = TiedMixtures(
            means, np.maximum(variances, 1e-4), weights, definition.codebook_of_senones(len(weights))
        )
        transitions = _read_s3(folder / "transition_matrices", dimensions=3)
        transitions = transitions / transitions.sum(axis=2, keepdims=True)
        with np.errstate(divide="ignore"):
            log_transitions = np.log(transitions)
        noises = [line.split()[1] for line in (folder / "noisedict").read_text("utf-8").splitlines() if line.strip()]
    except (struct.error, ValueError, IndexError) as error:
        raise EngineError(
            f"{folder.name} is damaged ({error}); install or train the model again.", code="ModelFilesDamaged"
        ) from error
    return AcousticModel(folder, mixtures, definition, log_transitions, tuple(dict.fromkeys(noises)))


def write_model(mixtures: TiedMixtures, base: Path, out: Path, *, start_mean: Sequence[float] = ()) -> None:
    """Write a folder that the decoder loads: the densities are given, the rest is that of `base`.

    Args: start_mean: the cepstral mean that live audio starts with; empty keeps that of `base`.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        shutil.copyfile(base / name, out / name)
    for name in (TELEPHONE, SCALE):
        if (base / name).exists():
            shutil.copyfile(base / name, out / name)
    parameters = (base / "feat.params").read_text("utf-8")
    if start_mean:
        kept = re.sub(r"^-cmninit\b.*\n?", "", parameters, flags=re.MULTILINE).rstrip("\n")
        parameters = f"{kept}\n-cmninit {','.join(f'{value:.2f}' for value in start_mean)}\n"
    (out / "feat.params").write_text(parameters, "utf-8")
    _write_gaussians(out / "means", mixtures.means)
    _write_gaussians(out / "variances", mixtures.variances)
    _write_sendump(out / "sendump", mixtures.weights)


def read_language_scale(folder: Path) -> float:
    """How much more than usual the language model counts beside these densities. Raises: EngineError."""
    try:
        scale = float((folder / SCALE).read_text("utf-8"))
    except FileNotFoundError:
        return 1.0
    except (OSError, ValueError) as error:
        raise EngineError(f"{folder.name}/{SCALE} is damaged ({error}).", code="ModelFilesDamaged") from error
    if not 0.1 <= scale <= 10:
        raise EngineError(f"{folder.name}/{SCALE} is damaged (not from 0.1 to 10).", code="ModelFilesDamaged")
    return scale


def write_language_scale(folder: Path, scale: float) -> None:
    """Say how much more than usual the language model is to count beside these densities."""
    (folder / SCALE).write_text(f"{scale}\n", "utf-8")


def _read_gaussians(path: Path) -> Floats:
    return _read_s3(path, dimensions=3, lengths=True)


def _read_s3(path: Path, *, dimensions: int, lengths: bool = False) -> Floats:
    """The floats of a parameter file, as (dimensions..., length). Raises: ValueError."""
    data = path.read_bytes()
    end = data.index(b"endhdr\n") + len(b"endhdr\n")
    order = "<" if struct.unpack_from("<I", data, end)[0] == _BYTE_ORDER else ">"
    words = np.frombuffer(data, f"{order}u4", offset=end + 4).astype(np.uint32)
    if b"chksum0" in data[:end]:
        words, stored = words[:-1], int(words[-1])
        if _checksum(words) != stored:
            raise ValueError(f"the checksum of {path.name} is wrong")
    shape = [int(size) for size in words[:dimensions]]
    start = dimensions
    if lengths:
        streams = {int(length) for length in words[start : start + shape[1]]}
        if len(streams) != 1:
            raise ValueError(f"{path.name} has streams of different lengths")
        start += shape[1]
        shape.append(streams.pop())
    return words[start + 1 :].view(np.float32).reshape(shape).astype(np.float64)


def _checksum(words: NDArray[np.uint32]) -> int:
    """Addition carries and rotation do not commute, so there is no vector form; 0.2 million words take 20 ms."""
    s = 0
    for word in words.tolist():
        s = (((s << 20) | (s >> 12)) + word) & 0xFFFFFFFF
    return s


def _write_gaussians(path: Path, values: Floats) -> None:
    codebooks, streams, gaussians, length = values.shape
    head = np.array([codebooks, streams, gaussians, *[length] * streams, values.size], "<u4")
    words = np.concatenate([head, values.astype("<f4").reshape(-1).view("<u4")])
    trailer = struct.pack("<I", _checksum(words))
    _write(path, _HEADER + struct.pack("<I", _BYTE_ORDER) + words.tobytes() + trailer)


def _read_weights(folder: Path) -> Floats:
    """(S, F, K), which sum to one over K."""
    if (folder / "mixture_weights").is_file():
        weights = np.maximum(_read_s3(folder / "mixture_weights", dimensions=3), np.exp(-_LEAST * _STEP))
    else:
        weights = np.exp(-_STEP * _read_sendump(folder / "sendump").astype(np.float64))
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))


def _read_sendump(path: Path) -> NDArray[np.uint8]:
    """(S, F, K) negative log weights in steps."""
    data = path.read_bytes()
    order = "<" if struct.unpack_from("<I", data)[0] < 1 << 16 else ">"
    at, clusters = 0, b""
    while length := struct.unpack_from(f"{order}i", data, at)[0]:
        text = data[at + 4 : at + 4 + length]
        clusters = text if text.startswith(b"cluster_count") else clusters
        at += 4 + length
    if clusters.strip(b"\0") not in (b"", b"cluster_count 0"):
        raise ValueError("clustered weights are not supported")
    gaussians, senones = struct.unpack_from(f"{order}2i", data, at + 4)
    weights = np.frombuffer(data, np.uint8, offset=at + 12).reshape(-1, gaussians, senones)  # (F, K, S)
    return weights.transpose(2, 0, 1)


def _write_sendump(path: Path, weights: Floats) -> None:
    senones, streams, gaussians = weights.shape
    header = (*_SENDUMP_HEADER, f"feature_count {streams}", f"mixture_count {gaussians}", f"model_count {senones}")
    texts = [text.encode() + b"\0" for text in header]
    head = b"".join(struct.pack("<i", len(text)) + text for text in texts)
    with np.errstate(divide="ignore"):
        steps = np.clip(np.rint(-np.log(weights) / _STEP), 0, _LEAST).astype(np.uint8)
    _write(path, head + struct.pack("<3i", 0, gaussians, senones) + steps.transpose(1, 2, 0).tobytes())


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    os.replace(part, path)


def _read_definition(path: Path) -> ModelDefinition:
    data = path.read_bytes()
    order = "<" if data[:4] == b"BMDF" else ">"
    at = 12 + int(struct.unpack_from(f"{order}2i", data, 4)[1])
    counts = struct.unpack_from(f"{order}10i", data, at)
    base_phones, all_phones, states, sequences, nodes = counts[0], counts[1], counts[2], counts[6], counts[8]
    at = names = at + 40
    phones = []
    for _ in range(base_phones):
        end = data.index(b"\0", at)
        phones.append(data[at:end].decode())
        at = end + 1
    at = names + (at - names + 3) // 4 * 4 + 8 * int(nodes)
    row = np.dtype([("sequence", f"{order}i4"), ("matrix", f"{order}i4"), ("place", "u1", 4)])
    table = np.frombuffer(data, row, all_phones, at)
    at += row.itemsize * all_phones + 4
    senones = np.frombuffer(data, f"{order}u2", sequences * states, at).reshape(sequences, states)
    triphones = table[base_phones:]
    position, phone, left, right = triphones["place"].astype(np.int64).T
    keys = (position << 24) | (phone << 16) | (left << 8) | right
    sorting = np.argsort(keys, kind="stable")
    return ModelDefinition(
        tuple(phones),
        table["matrix"][:base_phones].astype(np.int32),
        senones.astype(np.int32),
        table["sequence"][:base_phones].astype(np.int32),
        keys[sorting],
        triphones["sequence"].astype(np.int32)[sorting],
    )


def _key(position: int, phone: int, left: int, right: int) -> int:
    return (position << 24) | (phone << 16) | (left << 8) | right
