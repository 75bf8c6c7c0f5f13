"""One run of one command: its values, the client they lead to, and where the answer goes.

Standard output carries the answer and nothing else: one JSON document. An output option whose file is `-` puts what
it writes there instead of that document.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from speechsmith.cli import address
from speechsmith.cli.options import Command
from speechsmith.cli.progress import Progress
from speechsmith.cli.values import Value
from speechsmith.client.entity import Entity, Json, id_of, text, values

if TYPE_CHECKING:  # the client loads an HTTP library, which help has no use for
    from speechsmith.client.client import Client
    from speechsmith.client.transport import Sent

DONE, FAILED = 0, 1
"""Exit codes of a verb; all of them are in `exits.py`."""
_STDOUT = Path("-")


class Session:
    """The values of a command by field (see `table/`), and what every verb needs."""

    def __init__(self, command: Command, given: Mapping[str, Value]) -> None:
        self.command, self.given = command, given
        self.progress = Progress(quiet="quiet" in given)
        self._request_kept = ""
        self._kept: set[str] = set()

    @cached_property
    def client(self) -> "Client":
        """The service the command line is aimed at."""
        from speechsmith.client.client import Client  # noqa: PLC0415

        return Client(self._base, address.key(self.given), observe=self.observe)

    def aside(self, base: str | None = None, key: str | None = None) -> "Client":
        """A client for what has to be asked besides, of this service with its key if no other is named.

        Its requests are never those that `--output request` means.
        """
        from speechsmith.client.client import Client  # noqa: PLC0415

        named = address.key(self.given) if key is None else key  # an empty one must not become the user's
        return Client(base or self._base, named, observe=self._tell)

    @property
    def _base(self) -> str:
        return address.base_address({"version": self.command.version or address.DEFAULT_VERSION} | dict(self.given))

    def close(self) -> None:
        """Let the connection go, if there was one."""
        if "client" in self.__dict__:
            self.client.close()

    def doing(self, message: str) -> Callable[[], None]:
        """Say what begins, `Creating project 'X' ...`; the function that comes back says that it is done."""
        self.progress.say(f"{message} ...")
        return lambda: self.progress.say(f"{message} ... Done!")

    def keep(self, answer: Json) -> None:
        """Write ids and URLs wherever the options want them: once, however often it is asked. Raises: OSError."""
        for field, content in _extracts(answer).items():
            if field in self.given and self.given[field] != _STDOUT and field not in self._kept:
                _write(Path(str(self.given[field])), content, append=".add." in field)
                self._kept.add(field)

    def show(self, answer: Json, forms: Iterable[tuple[Path, str]] = ()) -> None:
        """Write the answer wherever the options want it, and to standard output. Raises: OSError.

        Args: forms: the answer in other forms, and where each goes; what goes to `-` takes the document's place.
        """
        document = json.dumps(answer, indent=2, ensure_ascii=False)
        if "out.json" in self.given and self.given["out.json"] != _STDOUT:
            _write(Path(str(self.given["out.json"])), document, append=False)
        self.keep(answer)
        piped = [content for field, content in _extracts(answer).items() if self.given.get(field) == _STDOUT]
        for target, content in forms:
            if target == _STDOUT:
                piped.append(content)
            else:
                _write(target, content, append=False)
        if piped:
            document = "\n".join(piped)
        if "quiet" not in self.given or piped:
            sys.stdout.write(f"{document}\n")
            sys.stdout.flush()

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
            _write(Path(str(self.given["request"])), _request_text(sent), append=False)


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


def _write(path: Path, content: str, *, append: bool) -> None:
    if path.parent != Path():
        path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if append else "w", encoding="utf-8") as file:
        file.write(f"{content}\n" if content else "")


def _request_text(sent: "Sent") -> str:
    head = [f"{sent.method} {sent.url}", *(f"{name}: {value}" for name, value in sent.headers)]
    if sent.body is None:
        body = "(a form with the data, streamed)"
    elif any(name.lower() == "content-type" and value.startswith("audio/") for name, value in sent.headers):
        body = f"({len(sent.body)} bytes of sound)"
    else:
        body = sent.body.decode("utf-8", "replace")
    return "\n".join([*head, "", body]).rstrip()


def answered(entity: Entity) -> str:
    """How a message names an entity: its name, else its id."""
    return text(entity, "displayName") or id_of(entity)
