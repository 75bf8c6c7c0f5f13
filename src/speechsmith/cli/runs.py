"""A command run once, or several times: for each row of a list (`--foreach`), or so many times (`--repeat`).

Several runs have one answer, the list of theirs in their order; a run that failed has `{"error": {...}}` in its place
and stops no other. The exit code is that of the worst.
"""

import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from speechsmith.cli import hives
from speechsmith.cli.exits import TOLD, report, worst
from speechsmith.cli.options import Command, squash
from speechsmith.cli.output import Output, write
from speechsmith.cli.parallel import in_parallel
from speechsmith.cli.progress import Progress
from speechsmith.cli.session import DONE, Session
from speechsmith.cli.values import Value, value_of
from speechsmith.client.entity import Json

Verb = Callable[[Session], int]


def run(command: Command, verb: Verb, given: Mapping[str, Value]) -> int:
    """Run a command as often as its options want; give its exit code.

    Raises: UsageError: the options cannot be understood. Of a single run, whatever it raises.
    """
    runs = _runs(command, given)
    if not {"run.foreach", "run.repeat"} & given.keys():
        return _once(Session(command, runs[0]), verb)
    return _Several(command, verb, given, runs).code()


def save(path: Path, command: Command, words: Sequence[str]) -> int:
    """Keep the options of a command line, in plain form, for a later `@FILE`; keys and other secrets are left out.

    Raises: UsageError: a value has several lines. OSError.
    """
    lines = []
    for word in words:
        name = word.partition("=")[0]
        if name == "--save" or hives.is_secret(name.lstrip("-")):
            continue
        if len(word.splitlines()) > 1:
            raise click.UsageError(f"'{name}' has several lines; keep its value in a file and give {name} @FILE.")
        name, equals, value = word.partition("=")
        lines.append(f"{name}{equals}{shlex.quote(value) if equals else ''}")
    write(path, "\n".join(lines), append=False)
    print(f"Saved, not run. To run it: spx {' '.join(command.path)} @{path.name}", file=sys.stderr)
    return DONE


def _check_required(command: Command, given: Mapping[str, Value]) -> None:
    """Raises: UsageError: what the command cannot do without is not given."""
    for option in command.options:
        if option.name in command.required and option.field not in given:
            verb, noun = command.path[-1], command.noun
            raise click.UsageError(
                f"Cannot {verb} {noun}; {noun} {'id' if option.name == noun else option.name} not found. "
                f"USE: spx {' '.join(command.path)} {option.usage} [...]"
            )


def _once(session: Session, verb: Verb) -> int:
    try:
        code = verb(session)
        if code == DONE:
            session.check()
        return code
    finally:
        session.progress.end()
        session.close()


def _runs(command: Command, given: Mapping[str, Value]) -> list[dict[str, Value]]:
    rows = list(_rows(command, str(given["run.foreach"]))) if "run.foreach" in given else [{}]
    times = int(str(given.get("run.repeat", 1)))
    runs = [{**given, **row} for _ in range(times) for row in rows]
    if not runs:
        raise click.UsageError("There is nothing to run: the list is empty, or --repeat is 0.")
    for one in runs:
        _check_required(command, one)
    return runs


def _rows(command: Command, foreach: str) -> Iterator[dict[str, Value]]:
    """What each row of a list sets. Raises: UsageError."""
    named, word, source = foreach.partition(" in ")
    if not word or not source.strip():
        raise click.UsageError(f"--foreach takes NAME;NAME in @FILE, or NAME in a;b;c, not '{foreach}'.")
    options = []
    for name in named.split(";"):
        option = command.by_key.get(squash(name))
        if option is None:
            raise click.UsageError(f"--foreach names '{name.strip()}', which is no option of this command.")
        options.append(option)
    source = source.strip()
    lines = hives.read(source).splitlines() if source.startswith("@") else source.split(";")
    for number, line in enumerate(lines, 1):
        cells = line.split("\t") if len(options) > 1 else [line]
        if not line.strip():
            continue
        if len(cells) != len(options):
            raise click.UsageError(
                f"Row {number} of {source} has {len(cells)} cells, --foreach names {len(options)}; tabs divide them."
            )
        if at := next((cell for cell in cells if cell.strip().startswith("@")), None):
            raise click.UsageError(
                f"Row {number} of {source}: '{at}' would name a file; a row holds the values themselves."
            )
        yield {option.field: value_of(option, [cell.strip()]) for option, cell in zip(options, cells, strict=True)}


class _Several:
    """Runs of one command, some of them at a time."""

    def __init__(self, command: Command, verb: Verb, given: Mapping[str, Value], runs: list[dict[str, Value]]) -> None:
        self._command, self._verb, self._given, self._given_runs = command, verb, given, runs
        self._output = Output(given)
        self._codes = [DONE] * len(runs)
        self._answers: list[Json] = [None] * len(runs)
        self._telling = threading.Lock()

    def code(self) -> int:
        """Do them all and print their answers; the exit code of the worst. Raises: OSError."""
        in_parallel(self._run, len(self._codes), threads=int(str(self._given.get("run.threads", 1))) or 1)
        self._output.write(self._answers)
        if not any(str(value) == "-" for field, value in self._given.items() if field.startswith("out.")):
            self._output.print(self._output.rendered(self._answers))
        return worst(self._codes)

    def _run(self, at: int) -> bool:
        """Do one of them. Gives True: however it ends, the others are done."""
        alone = "run.threads" not in self._given
        given = {name: value for name, value in self._given_runs[at].items() if name != "out.json"}
        progress = Progress(quiet=not alone or "quiet" in given)
        name = f"Run {at + 1} of {len(self._codes)}"
        progress.say(f"{name} ...")
        answers: list[Json] = []
        try:
            session = Session(self._command, given, progress=progress, collect=answers.append)
            self._codes[at] = _once(session, self._verb)
        except TOLD as error:
            with self._telling:
                print(f"{name}:", file=sys.stderr)
                self._codes[at] = report(error)
            sentence = error.format_message() if isinstance(error, click.ClickException) else str(error)
            answers = answers or [{"error": {"message": sentence, "exitCode": self._codes[at]}}]
        self._answers[at] = answers[0] if len(answers) == 1 else answers
        if not alone:
            with self._telling:
                Progress(quiet="quiet" in given).say(f"{name} ... {'Failed!' if self._codes[at] else 'Done!'}")
        return True
