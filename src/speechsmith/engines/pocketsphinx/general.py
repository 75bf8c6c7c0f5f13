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
MUCH = 0.25  # of the words lost, or growth of the perplexity, from which on the report warns


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
        change, lost_words = math.expm1((before - after).sum() / total), 1 - known / max(int(by_base.sum()), 1)
        return {
            "words": _said(change, lost_words),
            "sentences": count,
            "tokens": known,
            "perplexityBefore": round(math.exp(-before.sum() / total), 1),
            "perplexityAfter": round(math.exp(-after.sum() / total), 1),
            "change": {
                "value": round(change, 4),
                "low": round(math.expm1(low), 4),
                "high": round(math.expm1(high), 4),
            },
            "lostWordRate": round(lost_words, 4),
        }


def _said(change: float, lost_words: float) -> str:
    """What the loss means for a reader."""
    if lost_words > MUCH:
        lost = f"{100 * lost_words:.0f} %"
        return f"{lost} of the words of everyday sentences can no longer be recognized; use less weight for them."
    if change > MUCH:
        return (
            f"Everyday sentences are predicted much worse: their perplexity grows by {100 * change:.0f} %. "
            "Test the model on them if its users say such things, too, or use less weight."
        )
    return "Everyday sentences are predicted about as well as by the base model."
