"""A page with a form: as it is opened, or with why what was sent is refused."""

from collections.abc import Mapping
from typing import Any

from speechsmith.api.errors import ANSWERS
from speechsmith.api.studio.visit import Shown
from speechsmith.api.studio.words import told
from speechsmith.domain.errors import SpeechError


def shown(template: str, values: Mapping[str, Any], error: SpeechError | None = None) -> Shown:
    """The template gets `error`, in words, and `target`, the field that it is about; both None when it is opened."""
    if error is None:
        return Shown(template, {**values, "error": None, "target": None})
    return Shown(template, {**values, "error": told(error), "target": error.target}, ANSWERS[type(error)][0])
