"""Back-off n-gram language models: counted, smoothed, mixed, pruned, measured and written, in numpy.

    text -encode-> tokens -estimate-> NGram -interpolate(base)-> NGram -prune-> NGram -> ARPA or a decoder's file

How the n-grams lie in memory is told in `model`; each other file is one paper.
"""

from speechsmith.asr.ngram.arpa import read_arpa, write_arpa
from speechsmith.asr.ngram.classes import expand, per_member
from speechsmith.asr.ngram.counts import encode
from speechsmith.asr.ngram.estimate import estimate
from speechsmith.asr.ngram.mix import history_log_probs, interpolate, log_mixture, with_floor
from speechsmith.asr.ngram.model import (
    END,
    LOG_ZERO,
    START,
    UNKNOWN,
    WORD_BITS,
    Level,
    NGram,
    find,
    perplexity,
)
from speechsmith.asr.ngram.prune import prune

__all__ = [
    "END",
    "LOG_ZERO",
    "START",
    "UNKNOWN",
    "WORD_BITS",
    "Level",
    "NGram",
    "encode",
    "estimate",
    "expand",
    "find",
    "history_log_probs",
    "interpolate",
    "log_mixture",
    "per_member",
    "perplexity",
    "prune",
    "read_arpa",
    "with_floor",
    "write_arpa",
]
