"""The addresses of the pages of Studio, about what the service has."""

import re

from speechsmith.api.studio.pages import PAGES, Page

from .filled import Studio

_ASKED = {"CompareTests": "?test={test}"}
"""What the address of a page has behind it, where it shows nothing without."""

SHOWN = [page for page in PAGES if page.method == "GET"]


def path_of(page: Page, studio: Studio) -> str | None:
    """The address of a page, about what the service has; None where it has nothing of that kind."""
    named = re.findall(r"\{(\w+)(?::\w+)?\}", page.path)
    known = studio.ids | {"number": "1"}
    query = _ASKED.get(page.name, "").format(**studio.ids)
    if not set(named) <= set(known):
        return None
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: known[found[1]], f"{studio.url}/studio{page.path}") + query
