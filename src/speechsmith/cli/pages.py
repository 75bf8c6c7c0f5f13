"""Help pages and the reference page, both made from the table.

`python -m speechsmith.cli.pages` prints `docs/reference/spx.md`; a test fails when that file is not what it prints.
"""

import textwrap
from collections.abc import Callable, Sequence

from speechsmith.cli.exits import EXITS
from speechsmith.cli.options import Command, Kind, Option
from speechsmith.cli.table import COMMANDS, COMMON, GROUPS
from speechsmith.cli.table.shared import FIGURES

OF_EVERY_COMMAND = "OPTIONS OF EVERY COMMAND (spx help options)"
"""What stands over them on the page of a command, where they are only named."""
_WIDTH = 100
_INDENT = 34
_BAR = "\\|"  # a bar inside a cell
_HEAD = "| option | meaning | spellings |\n| --- | --- | --- |"


def page(path: Sequence[str]) -> str | None:
    """The help page of a group or a command, `("csr", "model")`; None if there is no such thing."""
    where = tuple(word.casefold() for word in path)
    if command := next((row for row in COMMANDS if row.path == where), None):
        return command_page(command)
    if len(where) == 1 and where[0] in TOPICS:
        return TOPICS[where[0]]()
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
    if not path:
        lines += [f"      spx help {topic}" for topic in ("find TEXT", *TOPICS)]
    return "\n".join(lines) + "\n"


def command_page(command: Command) -> str:
    """The page of one command: its options and an example."""
    usage = " ".join(["spx", *command.path, *([command.argument] if command.argument else ())])
    needed = [option.usage for option in command.options if option.name in command.required]
    lines = [f"spx {' '.join(command.path)}", "", f"  {command.summary}", ""]
    lines += [f"USAGE: {' '.join([usage, *needed])} [...]", "", "OPTIONS", ""]
    for option in _own(command):
        lines += _entry(option.usage, _help(option, required=option.name in command.required))
    if not _own(command):
        lines = lines[:-3]
    if refused := _refused(command):
        lines += ["", "PUBLISHED, BUT NOT DONE HERE", ""]
        for option in refused:
            lines += _entry(option.usage, option.help)
    if common := [option.usage for option in command.taken if option in COMMON]:
        lines += ["", OF_EVERY_COMMAND, ""]
        lines += textwrap.wrap(", ".join(common), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines += ["", "EXAMPLE", "", f"  {command.example}"]
    return "\n".join(lines) + "\n"


def option_page(command: Command, option: Option) -> str:
    """The page of one option of a command: what it means and how it may be spelt."""
    lines = [f"spx {' '.join(command.path)} {option.usage}", ""]
    if option.kind is Kind.REFUSED:
        return "\n".join([*lines, f"  Not done here: {option.help}"]) + "\n"
    lines += textwrap.wrap(
        _help(option, required=option.name in command.required), _WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    lines += ["", "SPELLINGS (words in brackets may be left out; dots and dashes are as good as blanks)", ""]
    lines += [f"  --{one.strip()}" for one in option.spelling.split("|")]
    return "\n".join(lines) + "\n"


def _options_topic() -> str:
    lines = ["spx help options", "", "  What every command takes that speaks to a service.", "", "OPTIONS", ""]
    for option in COMMON:
        if option.kind is not Kind.REFUSED:
            lines += _entry(option.usage, option.help)
    lines += ["", "PUBLISHED, BUT NOT DONE HERE", ""]
    for option in COMMON:
        if option.kind is Kind.REFUSED:
            lines += _entry(option.usage, option.help)
    return "\n".join(lines) + "\n"


def _exits_topic() -> str:
    lines = ["spx help exits", "", "  The exit codes of every command.", ""]
    for code, meaning in EXITS.items():
        lines += _entry(str(code), meaning)
    return "\n".join(lines) + "\n"


def _gates_topic() -> str:
    lines = ["spx help gates", "", "  What --fail-if may name of an evaluation.", ""]
    for name, member in FIGURES.items():
        lines += _entry(name, member)
    lines += ["", "OPERATORS", "", "  > >= < <= == != or gt ge lt le eq ne", "", "EXAMPLES", ""]
    lines += [f'  --fail-if "{one}"' for one in ("wer2>15%", "wer2 gt 0.15", "wer2>=wer1", "words2<1000; wer2>20%")]
    return "\n".join(lines) + "\n"


TOPICS: dict[str, Callable[[], str]] = {"options": _options_topic, "exits": _exits_topic, "gates": _gates_topic}
"""Pages about what several commands share, by name."""


def _own(command: Command) -> list[Option]:
    """The options that not every command has."""
    return [option for option in command.taken if option not in COMMON]


def _refused(command: Command) -> list[Option]:
    """Those of its own that are published, but not done here."""
    return [option for option in command.options if option.kind is Kind.REFUSED and option not in COMMON]


def reference() -> str:
    """The whole reference page, in Markdown."""
    lines = [_INTRODUCTION, "| code | meaning |", "| --- | --- |"]
    lines += [f"| {code} | {meaning} |" for code, meaning in EXITS.items()]
    for row in sorted(COMMANDS, key=lambda row: row.path):
        lines += ["", f"## spx {' '.join(row.path)}", "", row.summary, "", f"    {row.example}", ""]
        if own := _own(row):
            lines += [_HEAD, *(_row(option, required=option.name in row.required) for option in own)]
        if refused := _refused(row):
            lines += ["", "Published, but refused with a sentence:", ""]
            lines += [f"- `--{option.name}`: {option.help}" for option in refused]
    lines += ["", "## Options of every command", ""]
    lines += ["`spx config`, `spx init` and `spx completion` take none of these but `--quiet`.", "", _HEAD]
    lines += [_row(option, required=False) for option in COMMON if option.kind is not Kind.REFUSED]
    lines += ["", "Published, but refused with a sentence:", ""]
    lines += [f"- `--{option.name}`: {option.help}" for option in COMMON if option.kind is Kind.REFUSED]
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
| API version | `--api version VERSION` (default v3.1) | | `spx config @default.config --add "api version" v3.2` |

Options beat the environment, the environment beats what is kept. `spx init` asks for all of it, tries the service and
keeps the answers. The key is sent to the server it belongs to and to no other, even where an id is given as the URL of
another server; so are the secret of a web hook and, by `csr model copy`, the key of the target. `--output request`
masks them.

## What is kept

`spx config` keeps small texts, one a file, in *hives*. These are looked at in this order, and the first that has a text
counts; a value `@FILE` is looked for in the working folder before them:

| hive | where |
| --- | --- |
| `local` | `./.spx` |
| `user` | `$SPEECHSMITH_HOME/spx` if that variable is set, else your configuration folder (`~/.config/speechsmith`) |
| `global` | `/usr/local/etc/speechsmith` (macOS: `/Library/Application Support/speechsmith`) |
| `system` | `/etc/speechsmith` |

    spx config @region --set westus2            # keep; `--set -` reads from standard input
    spx config @region                          # show; a key is masked
    spx config @default.config --add language de-DE
    spx config @key --region westus2 --set KEY  # only where that region is in force
    spx config csr model @endpoint --set http://gpu:8080   # only for `spx csr model ...`; or --command "csr model"
    spx config @region --set near --hive local
    spx config --find key                       # every file that it is kept in; --find "def*" --region "*"
    spx config @region --clear

Without `--hive` a text goes where it is kept already, else to `user`; a key always to `user`. Files are readable by you
alone; those of `global` and `system` by everybody, unless they are secrets.

Defaults are files of options, one a line: `@spx.defaults`, `@default.config`, `@default.connection` and
`@default.output`, a later one beating an earlier one, and the command line beating them all. `@NAME` on a line of
theirs names another. They set options of `create`, `upload` and `recognize`, and of other commands only those that
every command has, so that no default says what is deleted or changed; what is kept for one very command
(`spx config csr model list @default.config --add top 20`) may set all but what it works on. Key, region and address are
no lines of such files; they are kept by themselves. `--nodefaults` lets nothing count that is kept.

A working folder may come from somebody else, so `./.spx` is not trusted. An address from there is used only with a key
from there or from `--key`. Its defaults may set `language`, `project`, `api version`, `format` and `verbose`, and name
no files. Nothing in it may be a link.

## Spelling

- `--api-version`, `--api version`, `--api.version` and `--API-Version` are one option. Words in brackets, in the tables
  below, may be left out. The group and the noun may stand in front: `--csr model name NAME`.
- A value `@FILE` stands for what the file holds; it is looked for in the working folder, then in the hives. `@FILE` in
  place of an option stands for the options in the file, one a line; `--save FILE` writes such a file.
- Lists are `a;b;c`, a file with one a line, or the option given several times.
- `name=value` is the same as `--name value`.
- A value may start with a dash (`--name -x`) but not with two, unless it is joined on: `--name=--x`.
- An option with a file to write takes `@@FILE`, which keeps the file in `./.spx` for a later `@FILE`; and, where it
  writes ids or URLs, `-`, which prints them instead of the JSON document.
- An id may be given as the URL of the entity. The id of a base model is understood wherever a model is asked for.
- Completion: `eval "$(spx completion bash)"`, likewise `zsh`; `spx completion fish | source`.

## Answers

Standard output carries the answer and nothing else: one JSON document, the entity as the service returned it (with
`--wait`, as it is in the end). A list is `{"values": [...]}` with all its pages, or with `--top` just that page.
`delete` answers `{}`. Messages, progress and errors go to standard error. `spx config @NAME` prints the bare value, a
key masked.

`--query JMESPATH` prints a part of the answer, `--format table` a table for people (cut to the width of a terminal,
whole in a pipe), `--format id` the bare ids:

    spx csr model list --query "values[?status=='Failed']" --format id

## Gates

Exit code 6 says that an answer came and is not good enough. The answer is printed all the same.

    spx csr evaluation create ... --wait --fail-if "wer2>15%" --fail-if "wer2>=wer1"
    spx csr model status --model ID --check "status == 'Succeeded'" --not expect "[Ww]arning"

`--fail-if` compares a figure of the evaluation with a number, a per cent or another figure; `spx help gates` names
them. A figure that is not there passes no gate: of an evaluation that has not Succeeded, or a rate of -1, which stands
for "none". `--check` must be exactly true of the whole answer, `--expect` must be found in what is printed, and
`--not expect` must not.

## Several runs

    spx csr dataset upload --foreach "name;kind;data in @list.tsv" --language en-US --threads 2

`--foreach` runs a command once for each row of a list, with a tab between cells; `--repeat N` runs it N times. The
answer is the list of the answers, in order. A run that failed stands there as `{"error": {...}}` and stops no other;
the exit code is that of the worst.

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
