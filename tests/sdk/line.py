"""A line between a client and the service that notes what goes over it, and can be cut.

Frames of a server are not masked and these are not compressed, so the paths of its messages can be read in them.
"""

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

PATH = re.compile(rb"\r\nPath: ?([a-zA-Z.]+)\r\n|[\x00-\xff]Path: ?([a-zA-Z.]+)\r\n")
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: a close is a reset."""


@dataclass
class Call:
    """One connection: what each side sent."""

    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)

    @property
    def path(self) -> str:
        """What the client dialled, without the query."""
        return urlsplit(self._target).path

    @property
    def query(self) -> dict[str, str]:
        """The query of that."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self._target).query).items()}

    @property
    def _target(self) -> str:
        return bytes(self.sent).split(b" ", 2)[1].decode()

    @property
    def status(self) -> int:
        """The answer to the upgrade."""
        return int(bytes(self.answered).split(b" ", 2)[1])

    @property
    def messages(self) -> list[str]:
        """The paths of the service's messages."""
        return [(one or other).decode() for one, other in PATH.findall(bytes(self.answered))]


@dataclass
class Line:
    """Where to dial, and all calls so far. The first call is cut, both ways, once `cut_at` was answered in it."""

    target: tuple[str, int]
    listener: socket.socket
    cut_at: bytes | None = None
    calls: list[Call] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The service's address, over this line."""
        return f"ws://127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self) -> None:
        """Until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            call = Call()
            self.calls.append(call)
            self.open += [client, server]
            for ends in ((client, server, call.sent), (server, client, call.answered)):
                threading.Thread(target=self._carry, args=(*ends, call), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, noted: bytearray, call: Call) -> None:
        try:
            while data := source.recv(65536):
                noted += data
                sink.sendall(data)
                if self.cut_at and call is self.calls[0] and self.cut_at in call.answered:
                    for end in (source, sink):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                        end.close()
                    return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def line_to(url: str, cut_at: bytes | None = None) -> Iterator[Line]:
    """A line to the service at this URL, until the block ends."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line((host, int(port)), listener, cut_at)
        thread = threading.Thread(target=line.accept, daemon=True)
        thread.start()
        try:
            yield line
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for end in line.open:
                end.close()
