"""Help, the reference page, and how quickly they come."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speechsmith.cli import pages
from speechsmith.cli.main import run
from speechsmith.cli.table import COMMANDS, GROUPS
from speechsmith.cli.tree import House

GOLDEN = Path(__file__).parent / "golden"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "spx.md"
COMMANDS_SHOWN = [
    *(("csr", "model", "create"), ("csr", "model", "copy"), ("csr", "dataset", "upload")),
    *(("csr", "evaluation", "create"), ("batch", "transcription", "create"), ("webhook", "create")),
]
SHOWN = [(), *GROUPS, *COMMANDS_SHOWN, ("recognize",), ("config",), ("init",)]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: "-".join(("spx", *path)))
def test_a_page_reads_as_it_was_last_read(path, spx):
    """`SPEECHSMITH_GOLDEN=1` writes the pages anew, to be read before they are committed."""
    file = GOLDEN / f"{'-'.join(('spx', *path))}.txt"

    asked = spx("help", *path)

    if os.environ.get("SPEECHSMITH_GOLDEN"):
        file.write_text(asked.out, encoding="utf-8")
    assert asked.code == 0
    assert asked.out == file.read_text(encoding="utf-8")
    assert asked.out == spx(*path, "--help").out.rstrip("\n") + "\n"


@pytest.mark.parametrize("words", [*((topic,) for topic in pages.TOPICS), ("find", "topics", "csr")], ids="-".join)
def test_a_page_about_several_commands_reads_as_it_was_last_read(words, spx):
    file = GOLDEN / f"help-{'-'.join(words)}.txt"

    asked = spx("help", *words)

    if os.environ.get("SPEECHSMITH_GOLDEN"):
        file.write_text(asked.out, encoding="utf-8")
    assert asked.out == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [(), *GROUPS], ids=lambda path: "-".join(("spx", *path)))
def test_a_group_without_a_verb_prints_its_page(path, spx):
    result = spx(*path)

    assert (result.code, result.out) == (0, pages.page(path))


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: " ".join(row.path))
def test_every_command_has_a_page_with_its_example(row):
    assert row.example in (pages.page(row.path) or "")


def test_the_reference_page_is_current():
    """`python -m speechsmith.cli.pages > docs/reference/spx.md` makes it so."""
    assert REFERENCE.read_text(encoding="utf-8") == pages.reference()


def test_the_version_is_told(spx):
    assert spx("--version").out.startswith("speechsmith ")


def test_help_loads_neither_the_http_library_nor_the_engine_room():
    code = (
        "import sys; from speechsmith.cli.main import run; from speechsmith.cli.tree import House; "
        "run(House(), ['spx', 'help', 'csr', 'model'], program='speechsmith'); "
        "print([name for name in ('httpx2', 'numpy', 'pydantic', 'sqlalchemy', 'starlette') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "words", [("spx", "csr", "model", "--help"), ("csr", "model", "--help"), ("help", "csr", "model")]
)
def test_the_same_commands_stand_below_speechsmith(words, capsys):
    assert run(House(), words, program="speechsmith") == 0
    assert capsys.readouterr().out.rstrip() == (pages.page(("csr", "model")) or "").rstrip()


def test_speechsmith_lists_what_runs_the_service_without_loading_it(capsys):
    assert run(House(), ["--help"], program="speechsmith") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("serve", "worker", "resource", "demo", "csr", "batch", "config"))
