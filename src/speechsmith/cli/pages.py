"""Help pages and the reference page, both made from the table.

`python -m speechsmith.cli.pages` prints `docs/reference/spx.md`; a test fails when that file is not what it prints.
"""

import textwrap
from collections.abc import Sequence

from speechsmith.cli.exits import EXITS
from speechsmith.cli.options import Command, Option
from speechsmith.cli.table import COMMANDS, COMMON, GROUPS

_WIDTH = 100
_INDENT = 34
_BAR = "\\|"  # a bar inside a cell


def page(path: Sequence[str]) -> str | None:
    """The help page of a group or a command, `("csr", "model")`; None if there is no such thing."""
    where = tuple(word.casefold() for word in path)
    if command := next((row for row in COMMANDS if row.path == where), None):
        return command_page(command)
    return group_page(where) if not where or where in GROUPS else None


def group_page(path: tuple[str, ...]) -> str:
    """The page of a group: what is in it, with one example each."""
    below = [row for row in COMMANDS if row.path[:-1] == path]
    groups = {child: summary for child, summary in GROUPS.items() if child[:-1] == path}
    title = GROUPS.get(path, "Custom Speech from the command line.")
    lines = [f"spx {' '.join(path)}".rstrip(), "", f"  {title}", "", f"USAGE: {' '.join(('spx', *path))} COMMAND [...]"]
    lines += ["", "COMMANDS", ""]
    for child, summary in groups.items():
        lines += _entry(child[-1], summary)
    for row in below:
        lines += _entry(row.path[-1], row.summary)
    if below:
        lines += ["", "EXAMPLES", "", *(f"  {row.example}" for row in below)]
    lines += ["", f"More: spx help {' '.join((*path, 'COMMAND'))}"]
    return "\n".join(lines) + "\n"


def command_page(command: Command) -> str:
    """The page of one command: its options and an example."""
    usage = " ".join(["spx", *command.path, *([command.argument] if command.argument else ())])
    needed = [option.usage for option in command.options if option.name in command.required]
    lines = [f"spx {' '.join(command.path)}", "", f"  {command.summary}", ""]
    lines += [f"USAGE: {' '.join([usage, *needed])} [...]", "", "OPTIONS", ""]
    for option in command.options:
        lines += _entry(option.usage, _help(option, required=option.name in command.required))
    lines += ["", "EXAMPLE", "", f"  {command.example}"]
    return "\n".join(lines) + "\n"


def reference() -> str:
    """The whole reference page, in Markdown."""
    lines = [_INTRODUCTION, "| code | meaning |", "| --- | --- |"]
    lines += [f"| {code} | {meaning} |" for code, meaning in EXITS.items()]
    for row in sorted(COMMANDS, key=lambda row: row.path):
        lines += ["", f"## spx {' '.join(row.path)}", "", row.summary, "", f"    {row.example}", ""]
        lines += ["| option | meaning | spellings |", "| --- | --- | --- |"]
        lines += [_row(option, required=option.name in row.required) for option in row.options if option not in COMMON]
    lines += ["", "## Options of every command", "", "`spx config` takes only `--quiet` of these.", ""]
    lines += [
        "| option | meaning | spellings |",
        "| --- | --- | --- |",
        *(_row(option, required=False) for option in COMMON),
    ]
    return "\n".join(lines) + "\n"


def _row(option: Option, *, required: bool) -> str:
    varies = "|" in option.spelling or "[" in option.spelling
    spellings = ", ".join(f"`--{one.strip()}`" for one in option.spelling.split("|")) if varies else ""
    cells = (f"`{option.usage}`", _help(option, required=required), spellings)
    return f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"


def _help(option: Option, *, required: bool) -> str:
    return f"{option.help} Required." if required else option.help


def _entry(name: str, help: str) -> list[str]:
    wrapped = textwrap.wrap(help, _WIDTH - _INDENT)
    head = f"  {name}"
    if len(head) >= _INDENT:
        return [head, *(f"{'':{_INDENT}}{line}" for line in wrapped)]
    return [f"{head:{_INDENT}}{wrapped[0]}", *(f"{'':{_INDENT}}{line}" for line in wrapped[1:])]


_INTRODUCTION = """\
# The command line

This page is made from the table of commands (`python -m speechsmith.cli.pages`); do not edit it by hand.

`spx` works with any Custom Speech service. `speechsmith spx`, `speechsmith csr`, `speechsmith batch` and so on are the
same commands.

## Which service, which key

| what | option | environment | kept by |
| --- | --- | --- | --- |
| address | `--api endpoint URL`, the whole base with its version | `SPEECHSMITH_ENDPOINT`, without path | \
`spx config @endpoint --set URL` |
| region of a cloud service | `--region REGION` | `SPEECHSMITH_REGION` | `spx config @region --set REGION` |
| key | `--key KEY` | `SPEECHSMITH_KEY` | `spx config @key --set KEY` |
| API version | `--api version VERSION` (default v3.1) | | |

Options beat the environment, the environment beats what is kept. What `spx config` keeps lies in `./.spx` or in your
configuration folder (`$SPEECHSMITH_HOME/spx` if that variable is set), readable by you alone. The key is sent to the
server it belongs to and to no other, even where an id is given as the URL of another server; so are the secret of a
web hook and, by `csr model copy`, the key of the target. `--output request` masks them. An address that a working
folder brings along in `./.spx` is used only with a key from there or from `--key`, so that a folder from somebody else
cannot ask for your key.

## Spelling

- `--api-version`, `--api version`, `--api.version` and `--API-Version` are one option. Words in brackets, in the tables
  below, may be left out. The group and the noun may stand in front: `--csr model name NAME`.
- A value `@FILE` stands for what the file holds; it is looked for in the working folder, in `./.spx` and in your
  configuration folder. `@FILE` in place of an option stands for the options in the file, one a line.
- Lists are `a;b;c`, a file with one a line, or the option given several times.
- `name=value` is the same as `--name value`.
- A value may start with a dash (`--name -x`) but not with two, unless it is joined on: `--name=--x`.
- An option with a file to write takes `@@FILE`, which keeps the file in `./.spx` for a later `@FILE`; and, where it
  writes ids or URLs, `-`, which prints them instead of the JSON document.
- An id may be given as the URL of the entity. The id of a base model is understood wherever a model is asked for.
- Completion in bash: `eval "$(_SPX_COMPLETE=bash_source spx)"`; zsh and fish likewise.

## Answers

Standard output carries the answer and nothing else: one JSON document, the entity as the service returned it (with
`--wait`, as it is in the end). A list is `{"values": [...]}` with all its pages, or with `--top` just that page.
`delete` answers `{}`. Messages, progress and errors go to standard error. `spx config @NAME` prints the bare value, a
key masked.

## Data in, files out

`spx csr dataset upload` sends up to 100 MB in one form and more in blocks of 8 MiB, either way without holding the
file in memory. An upload in blocks that stopped is taken up again with `--dataset ID --data FILE`; blocks that are
there are not sent again. A download is written under another name first and goes on where it broke off, also in a
later run. `--wait` asks every 0.5 to 2 seconds, as the service wishes within that, and outlives a restart of the
service of up to a minute. Ctrl-C ends the wait, not the work; `delete` stops the work. Ids and URLs are written before
the wait begins.

## Exit codes
"""

if __name__ == "__main__":
    print(reference(), end="")
