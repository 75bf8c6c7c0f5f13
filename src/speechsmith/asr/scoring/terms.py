"""How well words that matter are recognized, such as names of products, which a rate over all words hides.

Of the terms that were said the recall is the share that was recognized, as in spoken term detection:

    recall = hits / said

A recognizer that writes a term wherever it is unsure has a high recall, so what it made up is counted beside it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from speechsmith.asr.scoring.alignment import Edit, EditKind


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How often terms were said, recognized where they were said, and heard where they were not."""

    said: int = 0
    hits: int = 0
    false_alarms: int = 0

    @property
    def recall(self) -> float | None:
        """A fraction; None where no term was said."""
        return self.hits / self.said if self.said else None


def term_counts(edits: Iterable[Edit], terms: Collection[str]) -> TermCounts:
    """The counts of all terms together, in one alignment or several."""
    said = hits = false_alarms = 0
    for kind, reference, hypothesis in edits:
        is_hit = kind is EditKind.CORRECT
        said += reference in terms
        hits += is_hit and reference in terms
        false_alarms += not is_hit and hypothesis in terms
    return TermCounts(said, hits, false_alarms)
