"""What a test found, as its page shows it and as files that people save."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from speechsmith.api.studio.visit import MOST_SHOWN, Visit
from speechsmith.api.studio.words import likely
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.models import CustomModel, Model
from speechsmith.services import model_choice, recommendations, scores
from speechsmith.services.candidates import Purpose
from speechsmith.services.scores import Compared, Results, Terms

PURPOSES = {
    Purpose.INSPECT: "Inspect quality (Audio-only data)",
    Purpose.EVALUATE: "Evaluate accuracy",
}
MARKS = {"ins": "Insertions", "del": "Deletions", "sub": "Substitutions"}
"""What can be marked in the words, by the value that the address has for it."""

MOST_NAMED = 10
"""Of the words that are confused, lost and made up: the most frequent."""

MOST_TERMS = 30
"""Of the words that the base does not have."""

_SURE, _PROBABLE = 0.975, 0.9
GONE = "A model that is deleted"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def columns(test: Evaluation, found: Results, models: Mapping[UUID, Model]) -> list[dict[str, Any]]:
    """What is said of each of the distinct models."""
    ids = list(dict.fromkeys((test.model1_id, test.model2_id)))
    shown = []
    for at, id in enumerate(ids):
        words = found.words[at] if found.words else None
        shown.append(
            {
                "id": id,
                "name": models[id].display_name if id in models else GONE,
                "is_in_project": id in models and models[id].project_id == test.project_id,
                "score": test.scores[-1 if at else 0] if test.scores else {},
                "overlap": overlap(test, id),
                "confused": words.confused.most_common(MOST_NAMED) if words else [],
                "deleted": words.deleted.most_common(MOST_NAMED) if words else [],
                "inserted": words.inserted.most_common(MOST_NAMED) if words else [],
                "advice": _advice(words, models.get(id)) if words else None,
            }
        )
    return shown


def overlap(test: Evaluation, model_id: UUID) -> Any:
    """What a test says of utterances that a model of it was trained with; None: there are none."""
    return (test.comparison or {}).get(f"trainingOverlap{1 if model_id == test.model1_id else 2}")


def _advice(words: scores.Words, model: Model | None) -> recommendations.Advice | None:
    """What a model should learn next; nothing about one that is gone."""
    if model is None:
        return None
    has_read = isinstance(model, CustomModel) and model.weight_percent is not None
    insertions = sum(words.inserted.values())
    return recommendations.advice(words.said, words.missed, words.unknown, insertions=insertions, has_read=has_read)


def terms(visit: Visit, found: Results) -> dict[str, Any] | None:
    """The words that the base does not have, the most often said first, and how well each model recognizes them."""
    if found.terms is None or not found.terms.words:
        return None
    base = model_choice.known(visit.ctx, visit.resource.id, [found.terms.base_id]).get(found.terms.base_id)
    said = found.words[0].said
    return {
        "base": base.display_name if base else GONE,
        "words": sorted(found.terms.words, key=lambda word: (-said[word], word))[:MOST_TERMS],
        "more": max(0, len(found.terms.words) - MOST_TERMS),
        "counts": found.terms.counts,
    }


def verdict(test: Evaluation, models: Mapping[UUID, Model]) -> str:
    """Whether the difference of two models can be chance, in words; empty where there are not two, or no rates."""
    if test.model1_id == test.model2_id or not test.scores or not test.scores[0]:
        return ""
    probability = (test.comparison or {}).get("probabilityOfImprovement")
    if not isinstance(probability, float):
        return "With so few utterances nobody can say whether the difference of the two models is more than chance."
    first, second = (models[id].display_name if id in models else GONE for id in (test.model1_id, test.model2_id))
    better, worse, odds = (second, first, probability) if probability >= 1 / 2 else (first, second, 1 - probability)
    if odds < _PROBABLE:
        return (
            "This test does not tell the two models apart: the difference can well be chance. "
            f"Of 100 other tests like it, {likely(odds)} would show {better} to be better. More utterances tell more."
        )
    manner = "is better" if odds >= _SURE else "is probably better"
    return f"{better} {manner} than {worse}: of 100 other tests like this one, {likely(odds)} would show it."


def versus(odds: float | None) -> str:
    """Whether a model differs from the first one by more than chance, in few words."""
    if odds is None:
        return "Nobody can say, with so few utterances"
    certain = max(odds, 1 - odds)
    if certain < _PROBABLE:
        return "The difference can well be chance"
    which = "better" if odds >= 1 / 2 else "worse"
    manner = which if certain >= _SURE else f"probably {which}"
    return f"{manner.capitalize()}: {likely(certain)} of 100 other tests would show it"


def _gained(one: Compared) -> int:
    """How many errors fewer the second model has."""
    return one.heard[0].counts.errors - one.heard[-1].counts.errors


ORDERS: Mapping[str, tuple[str, Callable[[Compared], Any]]] = {
    "worst": ("Worst first", lambda one: (-one.errors, one.number)),
    "gain": ("Where the second model is better", lambda one: (-_gained(one), one.number)),
    "loss": ("Where the second model is worse", lambda one: (_gained(one), one.number)),
    "test": ("As in the test", lambda one: one.number),
}


def page(
    visit: Visit, tests: Sequence[Evaluation], found: Results, kept: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """The utterances of a page of the table, and how they are shown.

    Args: tests: for each model the one that its results are from; kept: what else the addresses of other pages have.
    """
    orders = {name: told for name, (told, _) in ORDERS.items() if len(found.model_ids) == 2 or name in _FOR_ANY}
    order = visit.query.get("order", "")
    order = order if order in orders else "worst"
    shown = [mark for mark in MARKS if "show" not in visit.query or mark in visit.query.all("show")]
    sorted_all = sorted(found.utterances, key=ORDERS[order][1])
    part = sorted_all[visit.skip : visit.skip + MOST_SHOWN]
    number = visit.skip // MOST_SHOWN + 1
    return {
        "utterances": [(one, _cells(visit, tests, one)) for one in part],
        "total": len(found.utterances),
        "order": order,
        "orders": orders,
        "marks": MARKS,
        "shown": shown,
        "number": number,
        "before": _address(kept, order, shown, number - 1) if number > 1 else "",
        "behind": _address(kept, order, shown, number + 1) if len(sorted_all) > visit.skip + MOST_SHOWN else "",
    }


_FOR_ANY = ("worst", "test")


def _cells(
    visit: Visit, tests: Sequence[Evaluation], one: Compared
) -> list[tuple[scores.Heard, Sequence[scores.Token]]]:
    return [(heard, scores.tokens(visit.ctx, test, heard)) for test, heard in zip(tests, one.heard, strict=True)]


def _address(kept: Sequence[tuple[str, str]], order: str, shown: Sequence[str], number: int) -> str:
    asked = [*kept, ("order", order), ("show", ""), *(("show", mark) for mark in shown), ("page", str(number))]
    return f"?{urlencode(asked)}#utterances"


# files


def csv_of(found: Results, names: Sequence[str] = ()) -> str:
    """A line for each utterance, the worst first. A cell that a spreadsheet would take for a formula begins with '.

    Args: names: those of the models, in the titles of their columns; else they are numbered.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    of_model = ("displayed", "alignment", "correct", "substitutions", "deletions", "insertions")
    behind = [f" {name}" for name in names] or [str(number) for number in range(1, len(found.model_ids) + 1)]
    titles = [f"{name}{whose}" for whose in behind for name in of_model]
    lines.writerow(["number", "utterance", "transcript", *titles])
    for one in found.worst_first:
        row: list[object] = [one.number, _cell(one.name), _cell(one.transcript or "")]
        for heard in one.heard:
            counts = heard.counts
            row += [_cell(heard.shown), _cell(" ".join(map(_written, heard.edits)))]
            row += [counts.correct, counts.substitutions, counts.deletions, counts.insertions]
        lines.writerow(row)
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _written(edit: Any) -> str:
    """A step of the alignment as text: two>to, [-two-], {+to+}."""
    written = {
        "substitution": f"{edit.reference or '?'}>{edit.hypothesis}",
        "deletion": f"[-{edit.reference}-]",
        "insertion": f"{{+{edit.hypothesis}+}}",
    }
    return written.get(edit.kind, str(edit.hypothesis))


def _terms_of(found: Terms) -> dict[str, Any]:
    """The recall of words that the base does not have, as JSON has it."""
    counts = [
        {"said": one.said, "recognized": one.hits, "falseAlarms": one.false_alarms, "recall": one.recall}
        for one in found.counts
    ]
    return {"baseModel": str(found.base_id), "words": sorted(found.words), "models": counts}


def json_of(test: Evaluation, found: Results) -> str:
    """The rates of the models, what concerns both, and the utterances, the worst first, with each step."""
    return json.dumps(
        {
            "displayName": test.display_name,
            "locale": test.locale,
            "models": [
                {
                    "id": str(id),
                    "scores": test.scores[-1 if at else 0] if test.scores else {},
                    "confusions": [
                        {"said": said, "heard": heard, "count": count}
                        for (said, heard), count in found.words[at].confused.most_common()
                    ],
                }
                for at, id in enumerate(found.model_ids)
            ],
            "comparison": test.comparison,
            "terms": found.terms and _terms_of(found.terms),
            "utterances": [
                {
                    "number": one.number,
                    "name": one.name,
                    "transcript": one.transcript,
                    "heard": [
                        {
                            "display": heard.shown,
                            "alignment": [
                                {"kind": edit.kind, "said": edit.reference, "heard": edit.hypothesis}
                                for edit in heard.edits
                            ],
                        }
                        for heard in one.heard
                    ],
                }
                for one in found.worst_first
            ],
        },
        ensure_ascii=False,
        indent=1,
    )
