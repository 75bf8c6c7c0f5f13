"""`spx help`: pages of options and topics, the search, and what completes a line."""

import os
import subprocess
import sys

import pytest

from speechsmith.cli import pages
from speechsmith.cli.main import run
from speechsmith.cli.options import Kind
from speechsmith.cli.table import COMMANDS, COMMON
from speechsmith.cli.tree import House


def test_an_option_has_a_page_with_its_spellings(spx):
    shown = spx("help", "csr", "model", "create", "--dataset")

    assert shown.code == 0
    assert shown.out.startswith("spx csr model create --dataset ID\n")
    assert "--dataset [id]\n  --datasets\n  --dataset url\n" in shown.out
    assert spx("help", "CSR", "model", "create", "--output", "json").out.startswith(
        "spx csr model create --output json"
    )


def test_every_option_has_a_page():
    for row in COMMANDS:
        for option in row.options:
            assert " ".join(option.help.split()) in " ".join(pages.option_page(row, option).split())


def test_a_refused_option_is_explained(spx):
    assert "Not done here: --save FILE" in spx("help", "csr", "model", "list", "--zip").out


def test_text_is_found_with_the_lines_that_have_it(spx):
    found = spx("help", "find", "word level")

    pages_found = ("spx help batch transcription create", "spx help recognize")
    shown = "".join(f"{page}\n    --word level timing [true|false]\n" for page in pages_found)
    assert (found.code, found.out) == (0, shown)


def test_text_is_found_where_a_word_begins(spx):
    found = spx("help", "find", "wer").out

    assert "a newer base model" not in found
    assert "unless this is true of the answer" not in found
    assert "    wer2 wordErrorRate2\n" in found


def test_an_option_of_every_command_is_found_where_it_is_explained(spx):
    assert (
        spx("help", "find", "--query").out
        == "spx help options\n    --query JMESPATH Print only this part of the answer.\n"
    )


def test_help_has_a_short_name(spx):
    for words in ((), ("csr", "model"), ("csr", "model", "list")):
        assert spx(*words, "-h") == spx(*words, "--help")
        assert spx(*words, "-h").code == 0


def test_topics_are_found_by_their_names(spx):
    found = spx("help", "find", "topics", "dataset").out.splitlines()

    assert found[0] == "spx help csr dataset"
    assert "spx help csr dataset upload" in found
    assert not [line for line in found if "dataset" not in line]


def test_what_is_not_found_is_told(spx):
    nothing, unsaid, page = (spx("help", *words) for words in (("find", "zzz"), ("find",), ("csr", "nothing")))

    assert [result.code for result in (nothing, unsaid, page)] == [2, 2, 2]
    assert "No page of help has 'zzz'" in nothing.err
    assert "What is to be found?" in unsaid.err
    assert "spx help find TEXT" in page.err
    assert spx("help", "csr", "model", "create", "--colour").code == 2


def test_expanded_help_has_all_pages_below(spx):
    shown = spx("help", "csr", "model", "--expand").out

    below = [row for row in COMMANDS if row.path[:2] == ("csr", "model")]
    assert all(pages.command_page(row) in shown for row in below)
    assert pages.group_page(("csr", "dataset")) not in shown
    assert shown == spx("help", "--expand", "csr", "model").out
    assert pages.page(("csr", "model", "create")) in spx("help", "find", "topics", "model", "--expand").out


@pytest.mark.parametrize("words", [["--interactive"], ["--interactive", "true"], ["--interactive", "false"]])
def test_a_pipe_gets_the_bare_page_however_it_is_asked_for(words, spx):
    assert spx("help", "csr", *words).out == pages.page(("csr",))


def test_on_a_terminal_a_page_can_be_leafed_through(spx, monkeypatch):
    shown = []
    monkeypatch.setattr("click.echo_via_pager", shown.append)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    spx("help", "csr", "--interactive", "true")

    assert shown == [pages.page(("csr",))]


@pytest.mark.parametrize("topic", pages.TOPICS)
def test_every_topic_has_a_page_that_the_first_page_names(topic, spx):
    assert spx("help", topic).out.startswith(f"spx help {topic}\n")
    assert f"spx help {topic}" in spx("help").out


def test_the_page_of_options_has_every_common_one(spx):
    page = " ".join(spx("help", "options").out.split())

    assert all(option.usage in page for option in COMMON)
    assert all(" ".join(option.help.split()) in page for option in COMMON)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_for_the_program_that_was_asked(shell, spx, capsys):
    assert "_SPX_COMPLETE" in spx("completion", shell).out
    assert run(House(), ["completion", shell], program="speechsmith") == 0
    assert "_SPEECHSMITH_COMPLETE" in capsys.readouterr().out


def test_a_shell_that_cannot_complete_is_told_so(spx):
    for words in ((), ("tcsh",), ("bash", "zsh")):
        result = spx("completion", *words)
        assert result.code == 2
        assert "Name one of bash, zsh, fish" in result.err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("spx csr mo", ["plain,model"]),
        ("spx csr model create --outp", ["plain,--output-json", "plain,--output-id"]),
        ("spx csr model list --format t", ["plain,table"]),
        ("spx csr dataset upload --data x", ["file,x"]),
        ("spx csr model list --output-path x", ["dir,x"]),
    ],
)
def test_a_line_is_completed_with_commands_options_and_values(line, expected, alone):
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_SPX_COMPLETE": "bash_complete"}
    program = "from speechsmith.cli.main import spx; spx()"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | words, check=False
    )

    assert set(expected) <= set(done.stdout.splitlines()), done.stderr


def test_no_refused_option_is_offered():
    assert all(option.kind is not Kind.REFUSED for row in COMMANDS for option in row.taken)
