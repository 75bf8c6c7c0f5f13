"""The domain's language model, joined with the base model's by a weight that held-out sentences choose.

Held out are one tenth of the sentences (a twentieth of long text); of short text each tenth in turn, so that every
sentence is both learned from and, elsewhere, tested on. The weight is the one under which the held-out words are
likeliest, by EM, with what we believe beforehand in the balance: PRIOR_WEIGHT, as firmly as if PRIOR_TOKENS words had
shown it. So a page of open text, whose few held-out words say little, cannot make an overconfident model loud; a closed
domain such as phone prompts or digit strings, where the base model fails on every word, overrules it within a page.

The order is 3, though held-out perplexity would choose 4 (46.7 against 48.4 on consultations, mixed with the base). The
decoder loads a fourth order, and its library tells such probabilities, but its search asks for a word after two others
and never more: the third order is what it hears with. That of a 4-gram model is made to be backed off to, by counting
contexts in place of occurrences, and is the worse third order (51.9).

Bacchiani & Roark, "Unsupervised language model adaptation", ICASSP 2003, compare such mixtures with MAP counts.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from speechsmith.asr.ngram import (
    LOG_ZERO,
    UNKNOWN,
    NGram,
    estimate,
    interpolate,
    mixture_weight,
    perplexity,
    prune,
    with_floor,
)
from speechsmith.asr.ngram.model import Doubles
from speechsmith.engines.pocketsphinx.domain_text import DomainText

ORDER = 3  # as far as the decoder's search looks back
PRIOR_WEIGHT, PRIOR_TOKENS = 0.3, 200.0
PRUNE_THETA = 1e-8
FLOOR = 1e-5  # least probability of a word that the user gave a pronunciation for, ten in a million words
_FLOOR_MASS = 0.05  # what all such words may have together
_EACH_TENTH_BELOW = 50_000  # running words
_TWENTIETH_FROM = 500_000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What both models say of words that neither has seen. The arrays are (T,), log p; LOG_ZERO where a word is new."""

    sentences: int
    log_domain: Doubles
    log_base: Doubles

    def report(self, weight: float) -> dict[str, Any]:
        """Perplexity, over the words that the base model knows, and share of unknown words, before and after."""
        in_base, in_domain = self.log_base > LOG_ZERO, self.log_domain > LOG_ZERO
        tokens = max(len(in_base), 1)
        mixed = np.logaddexp(_log(weight) + self.log_domain, _log(1 - weight) + self.log_base)
        known_after = in_domain | (in_base if weight < 1 else False)
        return {
            "sentences": self.sentences,
            "tokens": len(in_base),
            "perplexityBefore": _shown(perplexity(self.log_base[in_base])),
            "perplexityAfter": _shown(perplexity(mixed[in_base & known_after])),
            "oovRateBefore": round(1 - np.count_nonzero(in_base) / tokens, 4),
            "oovRateAfter": round(1 - np.count_nonzero(known_after) / tokens, 4),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """The weight of the domain's model, how it was found, and what it does to held-out text."""

    weight: float
    how: str
    held_out: dict[str, Any]


def choose_weight(text: DomainText, base: NGram, asked: float | None, progress: Callable[[float], None]) -> Choice:
    """The weight asked for, or the one that held-out sentences choose."""
    held_out = hold_out(text, base, progress)
    if asked is not None:
        return Choice(asked, "given by the user", held_out.report(asked))
    weight = mixture_weight(held_out.log_domain, held_out.log_base, prior=(PRIOR_WEIGHT, PRIOR_TOKENS))
    weight = round(min(max(weight, 0.01), 0.99), 2)
    how = f"expectation maximization on held-out sentences, prior {PRIOR_WEIGHT} worth {PRIOR_TOKENS:.0f} words"
    return Choice(weight, how, held_out.report(weight))


def hold_out(text: DomainText, base: NGram, progress: Callable[[float], None]) -> HeldOut:
    """Score held-out sentences with the base model and with a domain model of the other sentences."""
    words = text.words_used
    folds = 20 if words >= _TWENTIETH_FROM else 10
    fold = text.draw // 7 % folds  # the draw also thins the text, by size
    tested = range(folds) if words < _EACH_TENTH_BELOW else range(1)
    in_base = np.array([base.index.get(word, UNKNOWN) for word in text.words] + [UNKNOWN], np.int32)
    domain_scores, base_scores, sentences = [np.zeros(0)], [np.zeros(0)], 0
    for k in tested:
        progress(k / len(tested))
        held = fold == k
        if held.any() and not held.all():
            test = text.part(held)
            log_domain = _scores_from(text.part(~held), test)
            log_base = base.token_log_probs(in_base[test.tokens])
            spoken = (test.tokens != 0) & (test.tokens != UNKNOWN)
            domain_scores.append(log_domain[spoken])
            base_scores.append(np.nan_to_num(log_base[spoken], nan=LOG_ZERO))
            sentences += len(test.draw)
    return HeldOut(sentences, np.concatenate(domain_scores), np.concatenate(base_scores))


def _scores_from(learned: DomainText, test: DomainText) -> Doubles:
    """log p (T,) of the test tokens; LOG_ZERO for words that were not learned, since their share is only a guess."""
    model = estimate(learned.tokens, learned.words, order=ORDER, weights=learned.weight)
    unseen = np.append(learned.counts() == 0, True)
    return np.where(unseen[test.tokens], LOG_ZERO, model.token_log_probs(test.tokens))


def mixed(text: DomainText, base: NGram, weight: float) -> NGram:
    """The domain's model, joined with the base model."""
    domain = estimate(text.tokens, text.words, order=ORDER, weights=text.weight)
    return interpolate(domain, base, weight)


def finished(model: NGram, weight: float | None, own_words: Collection[str]) -> NGram:
    """The language model of the custom model, from the mixture, or from the base model where weight is None.

    A mixture is pruned, so that decoding stays fast; a domain model alone is not. Words with a pronunciation of the
    user's then have at least the probability FLOOR as single words, or an equal share of _FLOOR_MASS when they are very
    many: a pronunciation says that a word occurs, though not how often.
    """
    if weight is not None and weight < 1:
        model = prune(model, PRUNE_THETA)
    if own_words:
        model = with_floor(model, own_words, min(FLOOR, _FLOOR_MASS / len(own_words)))
    return model


def _log(p: float) -> float:
    return math.log(p) if p > 0 else LOG_ZERO


def _shown(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None
