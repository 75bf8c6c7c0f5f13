"""Where the files of a PocketSphinx model are, and whether they are whole.

    base folder (as packaged)                    custom folder (what `adapt` writes)
    en-us/             acoustic model            acoustic/            only if speech was learned from
    en-us.lm.bin       language model            language.lm.bin
    cmudict-en-us.dict lexicon                   lexicon.dict
                                                 confidence.json      only if confidences are calibrated
                                                 text                 empty; only if text prevails

The library ends the whole process (`exit`, or a crash) when some acoustic files are cut short. So they are measured
before it sees them: the counts in their headers tell how long each must be.

    mdef                       "BMDF", version, text, ten counts, phone names, tree, phones, senone sequences
    means, variances,          "s3", lines up to "endhdr", a byte-order mark, dimensions, number of floats, floats,
    mixture_weights, ...       then a checksum if the header has the line "chksum0 yes"
    sendump                    strings with their lengths, 0, rows, columns, one byte a weight
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from speechsmith.engines.base import EngineError, ModelFiles

TEXT = "text"  # a file that marks a language model in which the user's text prevails
_PREVAILING = 0.5
_BYTE_ORDER = 0x11223344


@dataclass(frozen=True, slots=True)
class DecoderFiles:
    """What the decoder opens: the folder of the acoustic model, the language model, the lexicon.

    `spelling` is the lexicon that the pronunciation of new words is learned from, unless it is the same; `confidence`
    is the calibration of the posteriors, if there is one. `text_prevails` says whether the user's text prevails in the
    language model, `is_adapted` whether the acoustic model has learned from speech.
    """

    acoustic: Path
    language: Path
    lexicon: Path
    spelling: Path | None = None
    confidence: Path | None = None
    text_prevails: bool = False
    is_adapted: bool = False


def prevails(weight: float) -> bool:
    """Whether a text of this weight in the language model is what most of the model is about."""
    return weight >= _PREVAILING


def base_files(base: Path) -> DecoderFiles:
    """The files of a base model. Raises: EngineError (`ModelFilesMissing`, `ModelFilesDamaged`)."""
    return _checked(DecoderFiles(base / "en-us", base / "en-us.lm.bin", base / "cmudict-en-us.dict"), "base model")


def decoder_files(model: ModelFiles) -> DecoderFiles:
    """The files that a model decodes with. Raises: EngineError (`ModelFilesMissing`, `ModelFilesDamaged`)."""
    base = base_files(model.base)
    if model.custom is None:
        return base
    own = model.custom / "acoustic"
    confidence = model.custom / "confidence.json"
    files = DecoderFiles(
        own if own.exists() else base.acoustic,
        model.custom / "language.lm.bin",
        model.custom / "lexicon.dict",
        spelling=base.lexicon,
        confidence=confidence if confidence.exists() else None,
        text_prevails=(model.custom / TEXT).exists(),
        is_adapted=own.exists(),
    )
    return _checked(files, "custom model")


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this engine keeps what can be made again: SPEECHSMITH_CACHE, or the user's cache folder."""
    if own := environment.get("SPEECHSMITH_CACHE"):
        return Path(own)
    shared = environment.get("XDG_CACHE_HOME", "")
    return (Path(shared) if os.path.isabs(shared) else Path.home() / ".cache") / "speechsmith"


def _checked(files: DecoderFiles, whose: str) -> DecoderFiles:
    for path, what in ((files.language, "language model"), (files.lexicon, "lexicon")):
        if not path.is_file():
            raise _missing(path, f"the {what} of the {whose}")
    check_acoustic(files.acoustic, f"the acoustic model of the {whose}")
    return files


def check_acoustic(folder: Path, whose: str = "the acoustic model") -> None:
    """Refuse a folder that would end the process.

    Raises: EngineError (`ModelFilesMissing`, `ModelFilesDamaged`).
    """
    weights = "mixture_weights" if (folder / "mixture_weights").is_file() else "sendump"
    for name in ("mdef", "feat.params", "noisedict", "means", "variances", "transition_matrices", weights):
        path = folder / name
        if not path.is_file():
            raise _missing(path, f"{name} of {whose}")
        try:
            whole = _is_whole(path)
        except (struct.error, ValueError, IndexError):
            whole = False
        if not whole:
            raise EngineError(
                f"{_shown(path)} ({name} of {whose}) is damaged or cut short; install or train the model again.",
                code="ModelFilesDamaged",
            )


def _missing(path: Path, what: str) -> EngineError:
    message = f"{_shown(path)} is missing ({what}); install or train the model again."
    return EngineError(message, code="ModelFilesMissing")


def _shown(path: Path) -> str:
    """Users read this: not where the folders of the machine are."""
    return f"{path.parent.name}/{path.name}"


def _is_whole(path: Path) -> bool:
    if path.name in ("feat.params", "noisedict"):
        return path.stat().st_size > 0
    data = path.read_bytes()
    if path.name == "mdef":
        return _mdef_size(data) == len(data)
    if path.name == "sendump":
        rows, columns, start = _sendump_shape(data)
        streams, rest = divmod(len(data) - start, rows * columns)
        return streams == _streams(path.with_name("means").read_bytes()) and rest == 0
    return _s3_size(data, path.name) == len(data)


def _mdef_size(data: bytes) -> int:
    """The size in bytes that the counts of a binary model definition call for."""
    if data[:4] not in (b"BMDF", b"FMDB"):
        raise ValueError("not a model definition")
    order = "<" if data[:4] == b"BMDF" else ">"
    _, text = struct.unpack_from(f"{order}2i", data, 4)
    at = 12 + int(text)
    phones, all_phones, _, _, _, _, _, _, nodes, _ = struct.unpack_from(f"{order}10i", data, at)
    at += 40
    names = at
    for _ in range(phones):
        at = data.index(b"\0", at) + 1
    at = names + (at - names + 3) // 4 * 4 + 8 * int(nodes) + 12 * int(all_phones)
    senones = int(struct.unpack_from(f"{order}i", data, at)[0])
    return at + 4 + 2 * senones


def _s3_size(data: bytes, name: str) -> int:
    """The size in bytes that the dimensions of a parameter file call for."""
    header, order, at = _s3_header(data)
    dimensions = 3
    if name in ("means", "variances"):
        dimensions += _streams(data)  # the length of each stream
    floats = int(struct.unpack_from(f"{order}i", data, at + 4 * dimensions)[0])
    return at + 4 * (dimensions + 1) + 4 * floats + (4 if b"chksum0" in header else 0)


def _streams(means: bytes) -> int:
    _, order, at = _s3_header(means)
    return int(struct.unpack_from(f"{order}i", means, at + 4)[0])


def _s3_header(data: bytes) -> tuple[bytes, str, int]:
    """The header's text, the byte order, and where the dimensions start."""
    end = data.index(b"endhdr\n") + len(b"endhdr\n")
    order = "<" if struct.unpack_from("<I", data, end)[0] == _BYTE_ORDER else ">"
    return data[:end], order, end + 4


def _sendump_shape(data: bytes) -> tuple[int, int, int]:
    """Rows, columns, and where the weights start."""
    order = "<" if struct.unpack_from("<i", data)[0] < 1 << 16 else ">"
    at = 0
    while length := struct.unpack_from(f"{order}i", data, at)[0]:
        if length < 0:
            raise ValueError("negative length")
        at += 4 + length
    rows, columns = struct.unpack_from(f"{order}2i", data, at + 4)
    if rows < 1 or columns < 1:
        raise ValueError("no weights")
    return rows, columns, at + 12
