"""Hidden Markov models with tied mixtures, and how they learn from aligned speech.

cepstra -> streams -> viterbi -> accumulate -> adapted_means, shared_weights -> map_... -> TiedMixtures
"""

from speechsmith.asr.hmm.alignment import AlignmentError, Path, StateGraph, viterbi
from speechsmith.asr.hmm.features import cepstral_sum, streams
from speechsmith.asr.hmm.map import map_means, map_variances, map_weights, shared_weights
from speechsmith.asr.hmm.mllr import adapted_means, mean_transform
from speechsmith.asr.hmm.model import TiedMixtures
from speechsmith.asr.hmm.statistics import Statistics, accumulate
from speechsmith.asr.hmm.telephone import FilterBank, through_telephone

__all__ = [
    "AlignmentError",
    "FilterBank",
    "Path",
    "StateGraph",
    "Statistics",
    "TiedMixtures",
    "accumulate",
    "adapted_means",
    "cepstral_sum",
    "map_means",
    "map_variances",
    "map_weights",
    "mean_transform",
    "shared_weights",
    "streams",
    "through_telephone",
    "viterbi",
]
