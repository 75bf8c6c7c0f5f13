"""The ARPA text format of back-off n-gram models, which every language-model toolkit reads and writes.

    \\data\\                 ngram 1=<how many>, ngram 2=<how many>, ...
    \\1-grams:              log10 p <tab> words <tab> log10 back-off, which may be left out
    \\2-grams: ... \\end\\
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from speechsmith.asr.ngram.model import WORD_BITS, Level, NGram, listed_words

_LN10 = math.log(10)
_BLOCK = 1 << 16


def write_arpa(model: NGram, path: Path) -> None:
    """Write the model as ARPA text, UTF-8; numbers have six decimals."""
    with path.open("w", encoding="utf-8") as out:
        out.write("\\data\\\n")
        out.writelines(f"ngram {n}={size}\n" for n, size in enumerate(model.sizes, start=1))
        for n, level in enumerate(model.levels, start=1):
            out.write(f"\n\\{n}-grams:\n")
            columns = listed_words(model.levels, n)
            for begin in range(0, len(level), _BLOCK):
                part = slice(begin, begin + _BLOCK)
                grams = zip(*([model.words[i] for i in column[part].tolist()] for column in columns), strict=True)
                log_p = (level.log_prob[part] / _LN10).tolist()
                backoff = (level.log_backoff[part] / _LN10).tolist()
                for p, gram, bo in zip(log_p, grams, backoff, strict=True):
                    tail = f"\t{bo:.6f}" if n < model.order else ""
                    out.write(f"{p:.6f}\t{' '.join(gram)}{tail}\n")
        out.write("\n\\end\\\n")


def read_arpa(path: Path) -> NGram:
    """The model of an ARPA file.

    Raises: ValueError when a line is not of the format, or an n-gram's history or suffix is not listed.
    """
    levels: list[Level] = []
    words: list[str] = []
    rows: dict[tuple[str, ...], int] = {(): 0}  # of the n-grams one order below
    for n, entries in enumerate(_sections(path), start=1):
        grams = [gram for _, gram, _ in entries]
        if n == 1:
            words = [gram[0] for gram in grams]
            word_id = {word: i for i, word in enumerate(words)}
        try:
            keys = np.array([rows[gram[:-1]] << WORD_BITS | word_id[gram[-1]] for gram in grams], np.int64)
            suffix = np.array([rows[gram[1:]] for gram in grams], np.int32)
        except KeyError as missing:
            raise ValueError(f"{path.name}: a {n}-gram needs {missing}, which is not listed.") from None
        order = np.argsort(keys)
        log_p, backoff = (np.array([entry[k] for entry in entries], np.float64) * _LN10 for k in (0, 2))
        levels.append(
            Level(keys[order], suffix[order], log_p[order].astype(np.float32), backoff[order].astype(np.float32))
        )
        rows = {grams[i]: row for row, i in enumerate(order.tolist())}
    return NGram(tuple(words), tuple(levels))


def _sections(path: Path) -> Iterator[list[tuple[float, tuple[str, ...], float]]]:
    """For each order, its (log10 p, words, log10 back-off)."""
    n, entries = 0, list[tuple[float, tuple[str, ...], float]]()
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if fields and (fields[0].endswith("-grams:") or fields[0] == "\\end\\"):
                if n:
                    yield entries
                n, entries = n + 1, []
            elif n and fields:
                try:
                    backoff = float(fields[n + 1]) if len(fields) > n + 1 else 0.0
                    entries.append((float(fields[0]), tuple(fields[1 : n + 1]), backoff))
                except ValueError:
                    raise ValueError(f"{path.name}, line {number}: not a {n}-gram with its numbers.") from None
    if n == 0:
        raise ValueError(f"{path.name}: no n-grams found.")
