"""The page about errors tells every code that a user can be shown, and every status."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import speechsmith
from speechsmith.api.errors import ANSWERS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
HOUSE = Path(speechsmith.__file__).parent
ROOMS = ("api", "decoding", "domain", "engines", "jobs", "net", "services", "store", "tasks")  # others tell of data
REFUSALS = re.compile(r"(Error|Invalid|Conflict|TooMany|NotAllowed|Failure|UnsupportedMedia|expired|flat|_given_up)$")
CODE = re.compile(r"[A-Z][a-z0-9]+([A-Z]\w*)+|Conflict|Redirected|Timeout|Unreachable|Abandoned")
TOLD_TO_NOBODY = {
    "DecodeClosed",  # the service stops
    "JobStopped",  # the job is given back, or its entity is gone
}
ON_OTHER_PAGES = {"Abandoned": "howto/web-hooks"} | dict.fromkeys(
    ("NoPronunciation", "NoWords", "TelephoneAudio"), "reference/model-report"
)


def codes(tree: ast.AST) -> Iterator[str]:
    """What stands in a file where a code does: among the first arguments of a refusal, or by the name of `code`."""
    for node in ast.walk(tree):
        given: list[ast.expr | None] = []
        if isinstance(node, ast.Call):
            if REFUSALS.search(ast.unparse(node.func)):
                given += node.args[:2]
            given += [keyword.value for keyword in node.keywords if keyword.arg in ("code", "inner")]
        elif isinstance(node, ast.FunctionDef):
            named = dict(zip(node.args.args[::-1], node.args.defaults[::-1], strict=False))
            named |= dict(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
            given += [value for argument, value in named.items() if argument.arg == "code"]
        for part in filter(None, given):
            for found in ast.walk(part):
                if isinstance(found, ast.Constant) and CODE.fullmatch(str(found.value)):
                    yield found.value


def test_every_code_is_told():
    files = [file for room in ROOMS for file in (HOUSE / room).rglob("*.py")]
    known = {code for file in files for code in codes(ast.parse(file.read_text(encoding="utf-8")))}

    assert {"InvalidPayload", "JobCrashed", "InUseViolation", "DecodingFailed", "TargetSilent"} <= known
    told = {code for code in known if f"`{code}`" in PAGE}
    assert known - told == TOLD_TO_NOBODY | ON_OTHER_PAGES.keys()
    for code, page in ON_OTHER_PAGES.items():
        assert f"`{code}`" in (DOCS / f"{page}.md").read_text(encoding="utf-8"), code


def test_every_status_is_told():
    rows = {(int(row[1]), row[2]) for row in re.finditer(r"^\| (\d{3}) \| `(\w+)`", PAGE, re.MULTILINE)}

    assert set(ANSWERS.values()) <= rows
