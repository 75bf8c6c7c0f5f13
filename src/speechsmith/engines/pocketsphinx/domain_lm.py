"""The domain's language model, joined with the base model's by a weight that held-out sentences choose.

Held out are one tenth of the sentences (a twentieth of long text); of short text each tenth in turn, so that every
sentence is both learned from and, elsewhere, tested on. Each weight of WEIGHTS is tried. The *likeliest* is the one
under which the held-out words are; the *gentle* one is the smallest that is not surely worse than it, by one standard
error of the difference over sentences; the *balanced* one is the likeliest when each general word counts GENERAL_SHARE
of a held-out one, as a user's callers say everyday things, too. The smaller of these two is used if no speech asks for
more. So a page of open text, whose few held-out words say little, cannot make an overconfident model loud; and a page
of one sentence in many forms, which foretells itself, pays for what it costs elsewhere. A sentence of new words alone
tells nothing: with a list of 200 invented names, whose ends of lines asked for 0.8, general sentences lost 33 %, and
lose 2 % at the 0.15 that the rest of it asks for. Where nothing tells, UNTESTED_WEIGHT is used. Perplexities by weight:

                          0     0.1    0.3    0.5    0.6    0.7    0.9
    consultations       154.3   71.9   61.9   58.4   57.4   56.9   57.7
    general sentences   111.5  113.9  120.9  130.8  137.8  147.5  192.9    with that text: 0.6 is taken
    telephone prompts   284.5   65.6   58.1   56.1   55.9   56.0   58.8
    general sentences   111.5  113.3  119.4  127.9  133.8  141.8  178.9    with that text: 0.5 is taken

Words are recognized best at about such weights (train parts): the prompts with 51.2 % errors at 0.3, 49.9 at 0.6 and
50.5 at 0.9; digits over the telephone with 54 at 0.5, 51 at 0.7 and 48 at 0.95.

The order is 3, though held-out perplexity would choose 4 (52.6 against 54.6 on consultations, before mixing). The
decoder loads a fourth order, and its library tells such probabilities, but its search asks for a word after two others
and never more: the third order is what it hears with. That of a 4-gram model is made to be backed off to, by counting
contexts in place of occurrences, and is the worse third order (58.4).

Bacchiani & Roark, "Unsupervised language model adaptation", ICASSP 2003, compare such mixtures with MAP counts.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.ngram import (
    LOG_ZERO,
    START,
    UNKNOWN,
    NGram,
    encode,
    estimate,
    expand,
    history_log_probs,
    interpolate,
    log_mixture,
    per_member,
    perplexity,
    prune,
    with_floor,
)
from speechsmith.asr.ngram.model import Doubles, Ints
from speechsmith.engines.pocketsphinx.domain_text import DomainText

ORDER = 3  # as far as the decoder's search looks back
WEIGHTS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
GENERAL_SHARE = 0.25  # what a word of general sentences counts, beside a held-out one
UNTESTED_WEIGHT = 0.1  # where too little can be held out to choose by
PRUNE_THETA = 1e-8
FLOOR = 1e-5  # least probability of a word that the user gave a pronunciation for, ten in a million words
_FLOOR_MASS = 0.05  # what all such words may have together
_EACH_TENTH_BELOW = 50_000  # running words
_TWENTIETH_FROM = 500_000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What both models say of words that neither has seen. All arrays are (T,), log p; LOG_ZERO where a word is new.

    `history` is how much likelier the domain's model finds what stands before each word; `sentence` is the number of
    its sentence.
    """

    log_domain: Doubles
    log_base: Doubles
    history: Doubles
    sentence: Ints

    def log_probs(self, weight: float) -> Doubles:
        """(T,) what the mixture says of each word; weight is in [0, 1]."""
        if weight in {0.0, 1.0}:
            return self.log_domain if weight else self.log_base
        return log_mixture(self.log_domain, self.log_base, self.history, weight)

    def mean(self, weight: float) -> float:
        """What the mixture says of a word that either model knows, on average."""
        return float(self.log_probs(weight)[self._known].mean())

    @property
    def _known(self) -> NDArray[np.bool_]:
        """(T,) Which words tell of weights: those that either model knows, since no weight makes the others likelier.

        The end of a sentence tells nothing where no word of it does: of a list of new names nothing else is known, and
        that lines are short is no reason to be loud.
        """
        known: NDArray[np.bool_] = (self.log_base > LOG_ZERO) | (self.log_domain > LOG_ZERO)
        is_end = np.append(self.sentence[1:] != self.sentence[:-1], True)[: len(known)]  # (T,)
        return known & np.isin(self.sentence, self.sentence[known & ~is_end])

    def report(self, weight: float) -> dict[str, Any]:
        """Perplexity, over the words that the base model knows, and share of unknown words, before and after.

        None where there is nothing to measure it on.
        """
        in_base, in_domain = self.log_base > LOG_ZERO, self.log_domain > LOG_ZERO
        mixed = self.log_probs(weight)
        known_after = in_domain & (weight > 0) | in_base & (weight < 1)
        return {
            "sentences": len(np.unique(self.sentence)),
            "tokens": len(in_base),
            "perplexityBefore": _shown(perplexity(self.log_base[in_base])),
            "perplexityAfter": _shown(perplexity(mixed[in_base & known_after])),
            "oovRateBefore": round(1 - float(in_base.mean()), 4) if len(in_base) else None,
            "oovRateAfter": round(1 - float(known_after.mean()), 4) if len(in_base) else None,
        }

    @property
    def can_tell(self) -> bool:
        """Whether there is enough to choose a weight by: one sentence has no standard error."""
        return len(np.unique(self.sentence[self._known])) > 1

    def weights(self) -> tuple[float, float]:
        """The gentle weight and the likeliest one."""
        if not self.can_tell:
            return UNTESTED_WEIGHT, UNTESTED_WEIGHT
        known = self._known
        sentence = np.unique(self.sentence[known], return_inverse=True)[1]
        sums = {weight: np.bincount(sentence, self.log_probs(weight)[known]) for weight in WEIGHTS}  # (S,) each
        likeliest = max(WEIGHTS, key=lambda weight: sums[weight].sum())
        for weight in WEIGHTS:
            less = sums[likeliest] - sums[weight]
            if less.sum() <= math.sqrt(len(less)) * less.std():
                return weight, likeliest
        return likeliest, likeliest


@dataclass(frozen=True, slots=True)
class Choice:
    """The weight of the domain's model, how it was found, and what held-out text says; `likeliest` is what that would
    choose if general speech did not count."""

    weight: float
    likeliest: float
    how: str
    held_out: HeldOut

    def at(self, weight: float, how: str) -> "Choice":
        """Another weight."""
        return Choice(weight, self.likeliest, how, self.held_out)


def choose_weight(
    text: DomainText, base: NGram, asked: float | None, *, general: Sequence[str], progress: Callable[[float], None]
) -> Choice:
    """The weight asked for, or the gentle one of held-out sentences; `general` are sentences in lexical form."""
    held_out = hold_out(text, base, progress)
    if asked is not None:
        return Choice(asked, asked, "given by the user", held_out)
    gentle, likeliest = held_out.weights()
    if not held_out.can_tell:
        how = "a cautious one: too little could be held out to choose by"
        return Choice(gentle, likeliest, how, held_out)
    how = f"the smallest within one standard error of the likeliest ({likeliest}) on held-out sentences"
    balanced = _balanced(held_out, _general(text, base, general)) if general else gentle
    if balanced < gentle:
        how = f"the best for held-out and general sentences together; held-out ones alone would like {gentle}"
    return Choice(min(gentle, balanced), likeliest, how, held_out)


def _balanced(held_out: HeldOut, general: HeldOut) -> float:
    """The weight of WEIGHTS that is best for both, a general word counting GENERAL_SHARE of a held-out one."""
    return max(WEIGHTS, key=lambda weight: held_out.mean(weight) + GENERAL_SHARE * general.mean(weight))


def _general(text: DomainText, base: NGram, general: Sequence[str]) -> HeldOut:
    """Score general sentences with the base model and with a domain model of all of the text."""
    domain = estimate(text.tokens, text.words, order=ORDER, weights=text.weight)
    in_domain, in_base = encode(general, domain.index), encode(general, base.index)
    log_base = np.nan_to_num(base.token_log_probs(in_base), nan=LOG_ZERO)
    log_domain = np.nan_to_num(domain.token_log_probs(in_domain), nan=LOG_ZERO)
    history = history_log_probs(domain, in_domain) - history_log_probs(base, in_base)
    spoken = in_base != base.index[START]
    return HeldOut(log_domain[spoken], log_base[spoken], history[spoken], np.zeros(spoken.sum(), np.int64))


def hold_out(text: DomainText, base: NGram, progress: Callable[[float], None]) -> HeldOut:
    """Score held-out sentences with the base model and with a domain model of the other sentences."""
    words = text.words_used
    folds = 20 if words >= _TWENTIETH_FROM else 10
    fold = text.draw // 7 % folds  # the draw also thins the text, by size
    tested = range(folds) if words < _EACH_TENTH_BELOW else range(1)
    said = (text.lists.get(word, (word,))[0] for word in text.words)  # the first member speaks for its list
    in_base = np.array([*(base.index.get(word, UNKNOWN) for word in said), UNKNOWN], np.int32)
    scores: list[tuple[Doubles, Doubles, Doubles, Ints]] = [
        (np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    ]
    sentences = 0
    for k in tested:
        progress(k / len(tested))
        held = fold == k
        if held.any() and not held.all():
            test = text.part(held)
            log_domain, before_domain = _scores_from(text.part(~held), test)
            tokens = in_base[test.tokens]
            log_base = np.nan_to_num(base.token_log_probs(tokens), nan=LOG_ZERO)
            history = before_domain - history_log_probs(base, tokens)
            spoken = (test.tokens != 0) & (test.tokens != UNKNOWN)
            sentence = sentences + np.cumsum(test.tokens == 0)
            scores.append((log_domain[spoken], log_base[spoken], history[spoken], sentence[spoken]))
            sentences += len(test.draw)
    return HeldOut(*(np.concatenate(column) for column in zip(*scores, strict=True)))


def _scores_from(learned: DomainText, test: DomainText) -> tuple[Doubles, Doubles]:
    """log p of the test tokens, and of what stands before them; both (T,).

    LOG_ZERO for words that were not learned, since their share is only a guess.
    """
    model = estimate(learned.tokens, learned.words, order=ORDER, weights=learned.weight)
    model = per_member(model, learned.lists)
    unseen = np.append(learned.counts() == 0, True)
    unseen[:2] = False
    tokens = np.where(unseen[test.tokens], UNKNOWN, test.tokens).astype(np.int32)
    return np.nan_to_num(model.token_log_probs(tokens), nan=LOG_ZERO), history_log_probs(model, tokens)


def mixed(text: DomainText, base: NGram, weight: float) -> NGram:
    """The domain's model, joined with the base model."""
    domain = estimate(text.tokens, text.words, order=ORDER, weights=text.weight)
    return interpolate(expand(domain, text.lists), base, weight)


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


def _shown(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None
