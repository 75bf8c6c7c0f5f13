"""Templates to pages. Whatever users wrote is escaped, and a name that a template does not have is a fault."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from speechsmith.api.studio import words
from speechsmith.api.studio.files import Assets
from speechsmith.api.studio.visit import MOST_SHOWN, ROOT
from speechsmith.api.studio.wizard import is_for_testing
from speechsmith.domain.values import DESCRIPTION_CHARS, DISPLAY_NAME_CHARS

_FOLDER = Path(__file__).parent / "templates"


class Templates:
    """All templates, each read when it is first needed."""

    def __init__(self, assets: Assets) -> None:
        self._all = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._all.globals.update(
            assets=assets,
            studio=ROOT,
            most_shown=MOST_SHOWN,
            most_name=DISPLAY_NAME_CHARS,
            most_description=DESCRIPTION_CHARS,
            kinds=words.KINDS,
            states=words.STATES,
            steps=words.STEPS,
            file_states=words.FILE_STATES,
        )
        self._all.tests.update(for_testing=is_for_testing)
        self._all.filters.update(
            moment=words.moment,
            day=words.day,
            percent=words.percent,
            size=words.size,
            length_of=words.length,
            span=words.span,
            abilities=words.abilities,
            actor=words.actor,
            plain=words.plain,
            amount=words.amount,
        )

    def page(self, name: str, values: Mapping[str, Any]) -> str:
        """The HTML of a page."""
        return self._all.get_template(name).render(values)
