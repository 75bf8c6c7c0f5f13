"""The score of a model on a corpus: utterance by utterance, and in sum."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from speechsmith.asr.scoring.alignment import Alignment, ErrorCounts, align, total


@dataclass(frozen=True, slots=True)
class ScoredUtterance:
    """One utterance with its alignment."""

    name: str
    alignment: Alignment

    @property
    def counts(self) -> ErrorCounts:
        """The counts of this utterance alone."""
        return self.alignment.counts


@dataclass(frozen=True)
class Score:
    """What a model achieved on a corpus: utterance by utterance, and in sum."""

    utterances: tuple[ScoredUtterance, ...]

    @cached_property
    def counts(self) -> ErrorCounts:
        """The counts of all utterances together."""
        return total(utterance.counts for utterance in self.utterances)

    @property
    def wrong_sentences(self) -> int:
        """How many utterances have at least one error."""
        return sum(utterance.counts.errors > 0 for utterance in self.utterances)

    @property
    def ser(self) -> float | None:
        """The sentence error rate, a fraction; None without utterances."""
        return self.wrong_sentences / len(self.utterances) if self.utterances else None

    def without(self, names: Collection[str]) -> "Score":
        """The score of the other utterances, for example of those that the model was not trained on."""
        return Score(tuple(utterance for utterance in self.utterances if utterance.name not in names))


def score(utterances: Iterable[tuple[str, str, str]]) -> Score:
    """Score (name, reference, hypothesis) triples, both texts in lexical form."""
    return Score(
        tuple(
            ScoredUtterance(name, align(reference.split(), hypothesis.split()))
            for name, reference, hypothesis in utterances
        )
    )
