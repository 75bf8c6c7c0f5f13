"""What an evaluation is shown as: the scores of its two models, each name with a suffix, 1 or 2."""

from typing import Any

from pydantic import create_model

from speechsmith.wire.shown import About, EntityReference, FilesLink, InProject, Rate, Shown, only_in


class EditsSummary(Shown):
    """The edits of one class."""

    number_of_edits: int
    percentage_of_all_edits: float


class TokenErrorDetails(Shown):
    """The edits of the display form by their classes."""

    punctuation: EditsSummary
    capitalization: EditsSummary
    inverse_text_normalization: EditsSummary
    lexical: EditsSummary
    others: EditsSummary


class Interval(Shown):
    """Where the error rate lies, with the probability `level`. Ours."""

    level: float
    low: float
    high: float


class Overlap(Shown):
    """Utterances of a test that its model was trained on, and what is left without them. Ours."""

    utterance_count: int
    word_error_rate_without: float | None = None
    word_count_without: int


class Normalizer(Shown):
    """What the words of both sides were normalized by. Ours."""

    name: str
    version: int


class _Compared(About):
    normalizer: Normalizer | None = None
    probability_of_improvement: float | None = None
    warnings: list[str] | None = None


_WORDS = ("sentence_count", "word_count", "correct_word_count", "word_substitution_count", "word_deletion_count")
_TOKENS = ("token_count", "correct_token_count", "token_substitution_count", "token_deletion_count")


def _scored() -> dict[str, Any]:
    """The members of both models' scores, with their suffixes."""
    members: dict[str, Any] = {}
    for suffix in "12":
        members |= {f"{name}{suffix}": (Rate | None, None) for name in ("word_error_rate", "sentence_error_rate")}
        members |= {f"{name}{suffix}": (int | None, None) for name in (*_WORDS, "word_insertion_count")}
        members[f"word_error_rate_interval{suffix}"] = (Interval | None, None)
        members[f"token_error_rate{suffix}"] = (Rate | None, only_in("v3.2"))
        members |= {f"{name}{suffix}": (int | None, only_in("v3.2")) for name in (*_TOKENS, "token_insertion_count")}
        members[f"token_errors{suffix}"] = (TokenErrorDetails | None, only_in("v3.2"))
        members[f"training_overlap{suffix}"] = (Overlap | None, None)
    return members


EvaluationProperties: Any = create_model(
    "EvaluationProperties",
    __base__=_Compared,
    __doc__="The scores of both models. Intervals, overlaps, odds, normalizer and warnings are ours.",
    **_scored(),
)


class Evaluation(InProject):
    """Two models on one dataset."""

    model1: EntityReference
    model2: EntityReference
    dataset: EntityReference
    transcription1: EntityReference
    transcription2: EntityReference
    links: FilesLink
    properties: EvaluationProperties
