"""How-tos put what they make into a project, where Studio shows it; and the project is made or named first."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README", *(f"docs/howto/{name}" for name in ("adapt-to-your-speech", "pronunciations", "structured-text")))
PAGES += ("docs/howto/write-as-you-like",)
MAKES = r"spx (?:csr (?:dataset upload|(?:model|evaluation|endpoint) create)|batch transcription create) .*"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_makes_is_in_the_project(page):
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8").replace("\\\n", " ")

    made = re.findall(rf"^{MAKES}$", text, re.MULTILINE)

    assert made
    assert [line for line in made if "--project @project" not in line] == []
    assert text.index("@@project") < text.index("--project @project")


def test_a_web_hook_of_spx_and_one_of_the_rest_api_have_the_same_addresses():
    page = (ROOT / "docs" / "howto" / "web-hooks.md").read_text(encoding="utf-8")

    of_spx = re.findall(r"^spx webhook create --api-version (\S+) ", page, re.MULTILINE)
    of_rest = re.findall(r"^API=\$SPEECHSMITH_ENDPOINT/speechtotext/(\S+)$", page, re.MULTILINE)

    assert (of_spx, of_rest) == (["v3.2"], ["v3.2"])
