"""One run of one command: its values, the client they lead to, and where the answer goes.

Standard output carries the answer and nothing else: one JSON document, or what `--format` and `--query` make of it. An
output option whose file is `-` puts what it writes there instead of that.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from speechsmith.cli import address
from speechsmith.cli.checks import Checks
from speechsmith.cli.exits import CheckFailed
from speechsmith.cli.options import Command
from speechsmith.cli.output import Output, write
from speechsmith.cli.progress import Progress
from speechsmith.cli.table.shared import DEFAULT_LOCALE
from speechsmith.cli.values import Value
from speechsmith.client.entity import Json, id_of, text, values

if TYPE_CHECKING:  # the client loads an HTTP library, which help has no use for
    from speechsmith.client.client import Client
    from speechsmith.client.transport import Sent

DONE, FAILED = 0, 1
"""Exit codes of a verb; all of them are in `exits.py`."""
_STDOUT = Path("-")


class Session:
    """The values of a command by field (see `table/`), and what every verb needs.

    Raises: UsageError: the options that are about the answer cannot be understood.
    """

    def __init__(
        self,
        command: Command,
        given: Mapping[str, Value],
        *,
        progress: Progress | None = None,
        collect: Callable[[Json], None] | None = None,
    ) -> None:
        """Args: collect: is given what would be printed otherwise, for a command that is run several times."""
        self.command, self.given = command, given
        self.progress = progress or Progress(quiet="quiet" in given)
        self._output, self._checks, self._collect = Output(given), Checks(given), collect
        self._shown: list[Json] = []
        self._request_kept = ""
        self._kept: set[str] = set()

    @cached_property
    def client(self) -> "Client":
        """The service the command line is aimed at."""
        from speechsmith.client.client import Client  # noqa: PLC0415

        return Client(self._base, self._key, observe=self.observe)

    def aside(self, base: str | None = None, key: str | None = None) -> "Client":
        """A client for what has to be asked besides, of this service with its key if no other is named.

        Its requests are never those that `--output request` means.
        """
        from speechsmith.client.client import Client  # noqa: PLC0415

        named = self._key if key is None else key  # an empty one must not become the user's
        return Client(base or self._base, named, observe=self._tell)

    @property
    def _base(self) -> str:
        given = {"version": self.command.version or address.DEFAULT_VERSION} | dict(self.given)
        return address.base_address(given, self.command.path)

    @property
    def _key(self) -> str | None:
        return address.key(self.given, self.command.path)

    @property
    def folder(self) -> Path:
        """Where files are to be written that say no other place."""
        return Path(str(self.given.get("out.path", "")))

    def close(self) -> None:
        """Let the connection go, if there was one."""
        if "client" in self.__dict__:
            self.client.close()

    def preset_locale(self) -> str:
        """The locale that is taken where none is given, which is said."""
        self.progress.say(f"No --language is given; it will be {DEFAULT_LOCALE}.")
        return DEFAULT_LOCALE

    def doing(self, message: str) -> Callable[[], None]:
        """Say what begins, `Creating project 'X' ...`; the function that comes back says that it is done."""
        self.progress.say(f"{message} ...")
        return lambda: self.progress.say(f"{message} ... Done!")

    def keep(self, answer: Json) -> None:
        """Write ids and URLs wherever the options want them: once, however often it is asked. Raises: OSError."""
        for field, content in _extracts(answer).items():
            if field in self.given and self.given[field] != _STDOUT and field not in self._kept:
                write(Path(str(self.given[field])), content, append=".add." in field)
                self._kept.add(field)

    def show(self, answer: Json, forms: Iterable[tuple[Path, str]] = ()) -> None:
        """Write the answer wherever the options want it, and to standard output.

        Args: forms: the answer in other forms, and where each goes; what goes to `-` takes the document's place.
        Raises: OSError. ClientError: the answer has not what is to be printed of it.
        """
        self._shown.append(answer)
        self._output.write(answer)
        self.keep(answer)
        piped = [content for field, content in _extracts(answer).items() if self.given.get(field) == _STDOUT]
        for target, content in forms:
            if target == _STDOUT:
                piped.append(content)
            else:
                write(target, content, append=False)
        if piped:
            print("\n".join(piped), flush=True)
            return
        wanted = self._output.part_of(answer)
        if self._collect:
            self._collect(wanted)
            return
        rendered = self._output.rendered(wanted)
        if not rendered:
            self.progress.say("There are none.")
        self._output.print(rendered)

    def check(self) -> None:
        """Raises: CheckFailed: what must be true of the answer is not."""
        if self._checks.are_any:
            if not self._shown:
                raise CheckFailed("There is no answer that could be checked.")
            answer = self._shown[-1]
            self._checks.run(answer, self._output.rendered(self._output.part_of(answer)))

    def _tell(self, sent: "Sent") -> None:
        if "verbose" in self.given:
            self.progress.say(f"{sent.method} {sent.url}")

    def observe(self, sent: "Sent") -> None:
        """Name a request as it leaves, and keep it, if the options want that. Raises: OSError."""
        self._tell(sent)
        # Of several requests the one that changes something is meant, else the first.
        wanted = not self._request_kept or (self._request_kept == "GET" and sent.method != "GET")
        if "request" in self.given and wanted:
            self._request_kept = sent.method
            write(Path(str(self.given["request"])), _request_text(sent), append=False)


def _extracts(answer: Json) -> dict[str, str]:
    if isinstance(answer, dict) and "values" in answer:
        listed = values(answer)
        ids, urls = [id_of(one) for one in listed], [text(one, "self") for one in listed]
        last = {"out.last.id": ids[-1], "out.last.url": urls[-1]} if listed else {}
        return {"out.ids": "\n".join(ids), "out.urls": "\n".join(urls), **last}
    if not isinstance(answer, dict) or "self" not in answer:
        return {}
    id, url = id_of(answer), text(answer, "self")
    return {"out.id": id, "out.url": url, "out.add.id": id, "out.add.url": url}


def _request_text(sent: "Sent") -> str:
    head = [f"{sent.method} {sent.url}", *(f"{name}: {value}" for name, value in sent.headers)]
    if sent.body is None:
        body = "(a form with the data, streamed)"
    elif any(name.lower() == "content-type" and value.startswith("audio/") for name, value in sent.headers):
        body = f"({len(sent.body)} bytes of sound)"
    else:
        body = sent.body.decode("utf-8", "replace")
    return "\n".join([*head, "", body]).rstrip()
