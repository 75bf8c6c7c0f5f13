"""`spx help`: the page of anything in the table, of one option, and the search through all pages."""

import re
import sys
from collections.abc import Iterator, Sequence

import click

from speechsmith.cli import pages
from speechsmith.cli.options import squash
from speechsmith.cli.table import COMMANDS, GROUPS

_LINES = 3  # shown of a page in which something was found


def help_command() -> click.Command:
    """The click command `help`."""
    return click.Command(
        "help",
        params=[
            click.Argument(["words"], nargs=-1),
            click.Option(["--expand"], is_flag=True, help="All pages that are meant, one after the other."),
            click.Option(
                ["--interactive"],
                is_flag=False,
                flag_value="true",
                default="false",
                type=click.BOOL,
                metavar="[true|false]",
                help="On a terminal, leaf through the page.",
            ),
        ],
        callback=_show,
        context_settings={"ignore_unknown_options": True},
        help="Show the page of a command, of a group, of an option (help csr model create --text), or of a topic "
        f"({', '.join(pages.TOPICS)}); or find text in all pages (help find TEXT, help find topics WORD).",
    )


def _show(words: tuple[str, ...], expand: bool, interactive: bool) -> None:
    shown = _found(words[1:], expand=expand) if words[:1] == ("find",) else _page(words, expand=expand)
    if interactive and sys.stdout.isatty():
        click.echo_via_pager(shown)
    else:
        click.echo(shown, nl=False)


def _page(words: Sequence[str], *, expand: bool) -> str:
    """Raises: UsageError: there is no such page."""
    at = next((index for index, word in enumerate(words) if word.startswith("--")), len(words))
    path, option = tuple(word.casefold() for word in words[:at]), "".join(words[at:])
    found = _option_page(path, option) if option else pages.page(path)
    if found is None:
        raise click.UsageError(
            f"There is no help on '{' '.join(words)}'; `spx help` shows what there is, `spx help find TEXT` searches."
        )
    if not expand:
        return found
    below = [other for other in _paths() if other[: len(path)] == path and other != path]
    return _joined([path, *below])


def _option_page(path: tuple[str, ...], written: str) -> str | None:
    command = next((row for row in COMMANDS if row.path == path), None)
    option = command.by_key.get(squash(written)) if command else None
    return pages.option_page(command, option) if command and option else None


def _found(words: Sequence[str], *, expand: bool) -> str:
    """The pages that have a text in them, or with `topics` in front in their names. Raises: UsageError: none has."""
    only_names = [word.casefold() for word in words[:1]] == ["topics"] and len(words) > 1
    text = " ".join(words[1:] if only_names else words).casefold()
    if not text:
        raise click.UsageError("What is to be found? Say spx help find topics csr, or spx help find 'word level'.")
    hits = {path: list(_lines(path, text)) for path in _paths() if not only_names or text in " ".join(path)}
    hits = {path: lines for path, lines in hits.items() if lines or only_names}
    if not hits:
        raise click.UsageError(f"No page of help has '{text}' in it; `spx help` shows what there is.")
    if expand:
        return _joined(list(hits))
    found = []
    for path, lines in hits.items():
        found.append(f"spx help {' '.join(path)}".rstrip())
        found += [] if only_names else [f"    {line}" for line in lines[:_LINES]]
    return "\n".join(found) + "\n"


def _lines(path: tuple[str, ...], text: str) -> Iterator[str]:
    """The lines that have the text where a word begins, so that `wer` does not find every answer; an option of every
    command is found on the page that explains it."""
    begins = re.compile(rf"(?<!\w){re.escape(text)}" if text[:1].isalnum() else re.escape(text))
    for line in (pages.page(path) or "").partition(pages.OF_EVERY_COMMAND)[0].splitlines():
        if begins.search(" ".join(line.casefold().split())) or begins.search(line.casefold()):
            yield " ".join(line.split())


def _paths() -> Iterator[tuple[str, ...]]:
    """Every page there is, from the top down."""
    yield ()
    yield from sorted((*GROUPS, *(row.path for row in COMMANDS)))
    yield from ((topic,) for topic in pages.TOPICS)


def _joined(paths: Sequence[tuple[str, ...]]) -> str:
    return f"\n{'-' * 80}\n\n".join(pages.page(path) or "" for path in paths)
