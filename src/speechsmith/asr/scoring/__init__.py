"""Word error rates: how often a recognizer was wrong, in what way, and how far the number can be trusted.

A reference of N words is turned into the hypothesis by S substitutions, D deletions and I insertions:

    WER = (S + D + I) / N,      N = C + S + D

Both sides are lexical forms, made by the same normalizer. Counts add up: the rate of a corpus is that of its summed
counts, never a mean of rates. Without reference words there is no rate: it is None, and the insertions still count.
"""

from speechsmith.asr.scoring.alignment import Alignment, Edit, EditKind, ErrorCounts, align, tagged, total
from speechsmith.asr.scoring.bootstrap import Difference, bootstrap_interval, paired_bootstrap, paired_difference
from speechsmith.asr.scoring.corpus import Score, ScoredUtterance, score
from speechsmith.asr.scoring.terms import TermCounts, term_counts
from speechsmith.asr.scoring.tokens import TokenErrors, token_errors

__all__ = [
    "Alignment",
    "Difference",
    "Edit",
    "EditKind",
    "ErrorCounts",
    "Score",
    "ScoredUtterance",
    "TermCounts",
    "TokenErrors",
    "align",
    "bootstrap_interval",
    "paired_bootstrap",
    "paired_difference",
    "score",
    "tagged",
    "term_counts",
    "token_errors",
    "total",
]
