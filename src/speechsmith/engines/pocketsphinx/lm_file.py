"""The decoder's own language model file, `lm.bin`: a packed trie, little-endian.

    b"Trie Language Model", uint8 order, uint32 count of each order, int32 1
    float32 x 65,536     tables of values: log p, log bo of order 2, then of order 3, ...; log p of the highest order
    {float32 log p, float32 log bo, uint32 first child} x (words + 1)
    bit-packed records of each order from 2 up, one more than there are n-grams, and 8 spare bytes behind each order:
        word, 16 bits of log bo id, 16 bits of log p id, first child     (highest order: word, log p id)
    int32 bytes, then the words, each ended by a NUL

Log values are counted in units of ln 1.0001. The trie is keyed by the predicted word first, then backwards through the
history, so that a record's parent is its suffix, the n-gram without its first word, and `word` is that first word. The
last, empty record of an order only ends the children of the one before it.

Bit packing without a loop over bits or records: eight records of b bits are b whole bytes, so in every eighth record a
field begins at the same bit of a byte. Such a field is one strided view of unaligned 64-bit words, shifted and masked.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.ngram import LOG_ZERO, WORD_BITS, Level, NGram, find
from speechsmith.asr.ngram.model import WORD_MASK, parts
from speechsmith.engines.base import EngineError

_Bytes: TypeAlias = NDArray[np.uint8]
_Ints: TypeAlias = NDArray[np.int64]
_Field: TypeAlias = NDArray[np.uint32]
_Rows: TypeAlias = NDArray[np.int32]
_Floats: TypeAlias = NDArray[np.float32]

_MAGIC = b"Trie Language Model"
_UNIT = math.log(1.0001)
_ID_BITS = 16
_IDS = 1 << _ID_BITS
_SPARE_BYTES = 8
_UNIGRAM = np.dtype([("log_prob", "<f4"), ("log_backoff", "<f4"), ("child", "<u4")])


@dataclass(frozen=True, slots=True)
class _Packing:
    """The widths, in bits, of the fields of one order's records, in their order."""

    widths: tuple[int, ...]

    def bytes_of(self, records: int) -> int:
        """How many bytes that many records take in the file."""
        return (records * sum(self.widths) + 7) // 8 + _SPARE_BYTES

    def unpack(self, data: _Bytes, field: int, records: int) -> _Field:
        """(records,) one field of each record."""
        values = np.empty(records, np.uint32)
        mask = (1 << self.widths[field]) - 1
        for lane, (words, shift) in enumerate(self._lanes(data, field, records)):
            values[lane::8] = (words >> np.uint64(shift)) & np.uint64(mask)
        return values

    def pack(self, fields: Sequence[_Field], records: int) -> _Bytes:
        """The fields, (records,) each, as bytes."""
        data = np.zeros(self.bytes_of(records), np.uint8)
        for field, values in enumerate(fields):
            for lane, (words, shift) in enumerate(self._lanes(data, field, records)):
                np.bitwise_or(words, values[lane::8].astype(np.uint64) << np.uint64(shift), out=words)
        return data

    def _lanes(self, data: _Bytes, field: int, records: int) -> Iterator[tuple[NDArray[np.uint64], int]]:
        """For the records 0, 8, 16.. then 1, 9, 17.. and so on: the 64-bit words that hold the field, and its shift."""
        bits = sum(self.widths)
        for lane in range(min(8, records)):
            first_bit = lane * bits + sum(self.widths[:field])
            count = (records - lane + 7) // 8
            yield np.ndarray((count,), "<u8", data.data, first_bit // 8, (bits,)), first_bit % 8


def _packings(counts: Sequence[int]) -> list[_Packing]:
    """How the records of each order from 2 up are packed."""
    word = counts[0].bit_length()
    middle = [_Packing((word, _ID_BITS, _ID_BITS, above.bit_length())) for above in counts[2:]]
    return [*middle, _Packing((word, _ID_BITS))]


def read_lm(path: Path) -> NGram:
    """The model of a packed file.

    Raises: EngineError, code `ModelFilesDamaged`, when the file is not one, or is cut short.
    """
    with _reading(path):
        return _read(np.memmap(path, np.uint8, "r"))


def read_words(path: Path) -> tuple[str, ...]:
    """The words of a packed file alone, which stand behind its n-grams. Raises: EngineError, as `read_lm` does."""
    with _reading(path):
        data: _Bytes = np.memmap(path, np.uint8, "r")
        counts, offset = _header(data)
        offset += 4 * (2 * len(counts) - 3) * _IDS + _UNIGRAM.itemsize * (counts[0] + 1)
        packed = zip(_packings(counts), counts[1:], strict=True)
        return _words(data, offset + sum(packing.bytes_of(count + 1) for packing, count in packed), counts[0])


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, IndexError, struct.error) as error:
        raise EngineError(
            f"{path.name} is not a readable packed language model ({error}). Install the base model again.",
            code="ModelFilesDamaged",
        ) from error


def _read(data: _Bytes) -> NGram:
    counts, offset = _header(data)
    order = len(counts)
    tables = np.frombuffer(data, "<f4", (2 * order - 3) * _IDS, offset).reshape(-1, _IDS) * np.float32(_UNIT)
    offset += 4 * tables.size
    unigrams = np.frombuffer(data, _UNIGRAM, counts[0] + 1, offset)
    offset += unigrams.nbytes
    log_prob, log_backoff = (unigrams[name][:-1] * np.float32(_UNIT) for name in ("log_prob", "log_backoff"))
    no_suffix = np.zeros(counts[0], np.int32)
    levels = [Level(np.arange(counts[0], dtype=np.int64), no_suffix, np.maximum(log_prob, LOG_ZERO), log_backoff)]
    trie = _Trie(np.arange(counts[0], dtype=np.int32), unigrams["child"])
    for n, packing in enumerate(_packings(counts)):
        # the header may declare more n-grams than the trie holds: the last child pointer tells
        records = int(trie.child[-1])
        packed = data[offset : offset + packing.bytes_of(counts[n + 1] + 1)]
        if len(packed) < packing.bytes_of(records):
            raise ValueError(f"it ends within the {n + 2}-grams")
        level, trie = _read_level(packed, packing, records, levels, trie, tables=tables[2 * n : 2 * n + 2])
        levels.append(level)
        offset += len(packed)
    return NGram(_words(data, offset, counts[0]), tuple(levels))


def _header(data: _Bytes) -> tuple[tuple[int, ...], int]:
    """How many n-grams each order has, and where what follows begins. Raises: ValueError."""
    if data[: len(_MAGIC)].tobytes() != _MAGIC:
        raise ValueError(f"it does not begin with '{_MAGIC.decode()}'")
    order = int(data[len(_MAGIC)])
    if order < 2:
        raise ValueError(f"its order is {order}")
    offset = len(_MAGIC) + 1
    return struct.unpack_from(f"<{order}I", data.data, offset), offset + 4 * order + 4


def _words(data: _Bytes, offset: int, count: int) -> tuple[str, ...]:
    (length,) = struct.unpack_from("<i", data.data, offset)
    words = data[offset + 4 : offset + 4 + length].tobytes().decode().split("\0")[:-1]
    if len(words) != count:
        raise ValueError(f"it has {len(words)} words where {count} are declared")
    return tuple(words)


@dataclass(frozen=True, slots=True)
class _Trie:
    """The trie's records of one order: (N,) the row of each in its `Level`, (N + 1,) where its children begin."""

    row: _Rows
    child: _Field


def _read_level(
    packed: _Bytes, packing: _Packing, records: int, levels: Sequence[Level], below: _Trie, *, tables: _Floats
) -> tuple[Level, _Trie]:
    """`below` is the trie of the order below, `tables` the values of log p and, below the highest order, log bo."""
    suffix = np.repeat(below.row, np.diff(below.child))
    first_word = packing.unpack(packed, 0, records)
    keys = np.empty(records, np.int64)
    for part in parts(records):
        history = _history(levels, first_word[part], suffix[part])
        keys[part] = history << WORD_BITS | levels[-1].keys[suffix[part]] & WORD_MASK
    order = np.argsort(keys)
    if len(packing.widths) == 2:
        log_prob = tables[0][packing.unpack(packed, 1, records)]
        log_backoff, child = np.zeros(records, np.float32), np.zeros(1, np.uint32)
    else:
        log_prob = tables[0][packing.unpack(packed, 2, records)]
        log_backoff, child = tables[1][packing.unpack(packed, 1, records)], packing.unpack(packed, 3, records + 1)
    row = np.empty(records, np.int32)
    row[order] = np.arange(records, dtype=np.int32)
    level = Level(keys[order], suffix[order], log_prob[order], log_backoff[order])
    return level, _Trie(row, child)


def _history(levels: Sequence[Level], first_word: _Field, suffix: _Rows) -> _Ints:
    """The row of each history: the first word, then the suffix without its last word."""
    rows = levels[-1].keys[suffix] >> WORD_BITS
    middle: list[_Ints] = []
    for level in reversed(levels[:-1]):
        middle.append(level.keys[rows] & WORD_MASK)
        rows = level.keys[rows] >> WORD_BITS
    history = first_word.astype(np.int64)
    for level, word in zip(levels[1:], reversed(middle), strict=True):
        history = find(level.keys, history << WORD_BITS | word)
    if len(history) and history.min() < 0:
        raise ValueError("the history of an n-gram is not listed")
    return history


def write_lm(model: NGram, path: Path) -> None:
    """Write a model of at least two orders for the decoder.

    Probabilities and back-offs keep their value where an order has at most 65,536 different ones, and else move by at
    most half a 65,535th of their range, about 0.0001.
    """
    counts = model.sizes
    first = model.levels[0]
    unigrams = np.zeros(counts[0] + 1, _UNIGRAM)
    unigrams["log_prob"][:-1], unigrams["log_backoff"][:-1] = first.log_prob / _UNIT, first.log_backoff / _UNIT
    position, first_word = first.keys, first.keys  # (N,) where each n-gram lies in the trie; its first word
    tables: list[_Floats] = []
    orders: list[list[_Field]] = []  # the fields of each order's records, in the order of the trie
    for n, level in enumerate(model.levels[1:], start=1):
        parent, first_word = position[level.suffix], first_word[level.history]
        order = np.argsort(parent << WORD_BITS | first_word)
        child = np.concatenate(([0], np.cumsum(np.bincount(parent, minlength=counts[n - 1])))).astype(np.uint32)
        if n == 1:
            unigrams["child"] = child
        else:
            orders[-1].append(child)
        table, ids = _quantized(level.log_prob[order] / np.float32(_UNIT))
        tables.append(table)
        orders.append([first_word[order].astype(np.uint32), ids])
        if n + 1 < model.order:
            table, ids = _quantized(level.log_backoff[order] / np.float32(_UNIT))
            tables.append(table)
            orders[-1].insert(1, ids)
        position = np.empty(len(level), np.int64)
        position[order] = np.arange(len(level))
    words = b"".join(word.encode() + b"\0" for word in model.words)
    with path.open("wb") as out:
        out.write(_MAGIC + struct.pack(f"<B{model.order}Ii", model.order, *counts, 1))
        for table in tables:
            out.write(table.astype("<f4").tobytes())
        out.write(unigrams.tobytes())
        for packing, fields, size in zip(_packings(counts), orders, counts[1:], strict=True):
            out.write(packing.pack([_ended(field, size) for field in fields], size + 1).data)
        out.write(struct.pack("<i", len(words)) + words)


def _ended(field: _Field, size: int) -> _Field:
    """The field with the empty record at the end; child pointers have their last value already."""
    return field if len(field) > size else np.append(field, np.uint32(0))


def _quantized(values: _Floats) -> tuple[_Floats, _Field]:
    """A table (65,536,) and, for each value, where the table has it or its nearest neighbour."""
    table = np.zeros(_IDS, np.float32)
    distinct = np.unique(values)
    if len(distinct) <= _IDS:
        table[: len(distinct)] = distinct
        return table, np.searchsorted(distinct, values).astype(np.uint32)
    lowest, step = distinct[0], (distinct[-1] - distinct[0]) / np.float32(_IDS - 1)
    table[:] = lowest + step * np.arange(_IDS, dtype=np.float32)
    return table, np.rint((values - lowest) / step).astype(np.uint32)
