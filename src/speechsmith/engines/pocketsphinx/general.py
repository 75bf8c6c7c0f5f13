"""What a custom model loses on general speech: everyday sentences that have nothing to do with any trade.

Text comes with the house, so that the loss of the language model is always measured: the change of perplexity on words
that both models know, with a range by a bootstrap over sentences, and the share of words that only the base knows.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from speechsmith.asr.general import sentences
from speechsmith.asr.ngram import START, NGram, encode
from speechsmith.asr.ngram.model import Doubles, Ints

_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class GeneralText:
    """General sentences in lexical form. For each of their T tokens: log p by the base model, and its sentence."""

    sentences: tuple[str, ...]
    log_base: Doubles
    sentence: Ints

    @classmethod
    def read(cls, locale: str, base: NGram, lexical: Callable[[str], str]) -> "GeneralText | None":
        """The sentences of the locale; None where the house has none."""
        spoken = tuple(filter(None, map(lexical, sentences(locale))))
        if not spoken:
            return None
        tokens = encode(spoken, base.index)
        sentence = np.cumsum(tokens == base.index[START]) - 1
        return cls(spoken, base.token_log_probs(tokens), sentence)

    def loss(self, model: NGram) -> dict[str, Any]:
        """The perplexity of the base and of another model, and the change, a fraction, with its 95 % range."""
        log_model = model.token_log_probs(encode(self.sentences, model.index))
        by_base = ~np.isnan(self.log_base)
        by_both = by_base & ~np.isnan(log_model)
        count = len(self.sentences)
        tokens = np.bincount(self.sentence[by_both], minlength=count)  # (S,)
        before = np.bincount(self.sentence[by_both], self.log_base[by_both], minlength=count)
        after = np.bincount(self.sentence[by_both], log_model[by_both], minlength=count)
        drawn = np.random.default_rng(0).integers(count, size=(_RESAMPLES, count))  # (B, S)
        lost = (before - after)[drawn].sum(axis=1) / np.maximum(tokens[drawn].sum(axis=1), 1)
        low, high = np.quantile(lost, [0.025, 0.975])
        known = int(tokens.sum())
        total = max(known, 1)
        return {
            "sentences": count,
            "tokens": known,
            "perplexityBefore": round(math.exp(-before.sum() / total), 1),
            "perplexityAfter": round(math.exp(-after.sum() / total), 1),
            "change": {
                "value": round(math.expm1((before - after).sum() / total), 4),
                "low": round(math.expm1(low), 4),
                "high": round(math.expm1(high), 4),
            },
            "lostWordRate": round(1 - known / max(int(by_base.sum()), 1), 4),
        }
