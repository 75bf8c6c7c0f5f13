"""The Speech SDKs as their makers publish them, each use in a process of its own with a time limit.

A wish says what a user's program would do. Both clients, `python_client.py` and `js_client.mjs`, know these members:

    call          once | continuous
    times         how often that is done on one recognizer
    stop_at       continuous: stop when this is seen, instead of at the end of the audio
    host, endpoint, key, token, language, endpoint_id, detailed, words, dictation, profanity
                  as the SDK's configuration has them
    properties    known ones by the name of their PropertyId; `named` are unknown ones, `service` goes into the URL
    file          a WAV file that the SDK reads
    push          a WAV file whose samples are pushed, in packets of `packet_ms`; `paced`: as fast as they would be
                  spoken; `held`: and then the stream stays open; `pause_at`, `pause`: s without sound in between
    phrases, weight, languages (to tell apart), assess (the reference of an assessment)
    kind          transcriber | translator instead of a recognizer
    preconnect    open the connection first
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SECOND = 10_000_000
"""Ticks."""

LIMIT_S = 100.0
"""More than the 80 s after which the SDK gives up a server that keeps silent, so that a test can say so."""


@dataclass(frozen=True)
class Seen:
    """What the SDK told its user, in order. Each event has `event` and `at`, in seconds; results have all they hold."""

    events: Sequence[Mapping[str, Any]]

    def all(self, *names: str) -> list[Mapping[str, Any]]:
        """The events of these names."""
        return [event for event in self.events if event["event"] in names]

    @property
    def errors(self) -> list[Mapping[str, Any]]:
        """What the user was told to have failed."""
        return [event for event in self.events if event.get("cause") == "Error" or event["event"] == "failed"]

    @property
    def phrases(self) -> list[Mapping[str, Any]]:
        """What was recognized: by the events of a continuous call, by the results of calls that recognize once."""
        name = "result" if self.all("result") else "recognized"
        return [event for event in self.all(name) if event["text"]]

    @property
    def texts(self) -> list[str]:
        """The texts of that."""
        return [phrase["text"] for phrase in self.phrases]

    @property
    def bodies(self) -> list[Any]:
        """The phrases as the service wrote them."""
        return [json.loads(phrase["json"]) for phrase in self.phrases]

    @property
    def only(self) -> Mapping[str, Any]:
        """The result of the one call that recognized once."""
        [result] = self.all("result")
        return result

    @property
    def refusal(self) -> Mapping[str, Any]:
        """The error, as the call or the event has it that told it first."""
        assert self.errors, self.events
        return self.errors[0]


@dataclass(frozen=True)
class Sdk:
    """One of the SDKs, and what its wishes have in common."""

    name: str
    command: Sequence[str]
    common: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_python(self) -> bool:
        """Whether it is the native one, from Python."""
        return self.name == "python"

    def __call__(self, call: str, *, without: Sequence[str] = (), **wish: Any) -> Seen:
        """Do what is wished. `without` names what is not to be taken from what wishes have in common."""
        common = {name: value for name, value in self.common.items() if name not in without}
        said = {name: str(value) if isinstance(value, Path) else value for name, value in wish.items()}
        if "endpoint" in wish:
            common.pop("host", None)
        done = subprocess.run(
            [*self.command, json.dumps(common | {"call": call} | said)],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, f"{self.name}: {done.returncode}\n{done.stderr}"
        return Seen(json.loads(done.stdout))


def python_sdk() -> Sdk | str:
    """The native SDK; or why it is not there."""
    tried = subprocess.run(
        [sys.executable, "-c", "import azure.cognitiveservices.speech"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        return f"the Speech SDK for Python cannot be imported (pip install .[test]): {tried.stderr.strip()[-200:]}"
    return Sdk("python", [sys.executable, str(HERE / "python_client.py")])


def js_sdk(node: str | None, packages: Path) -> Sdk | str:
    """The SDK for JavaScript in this folder; or why it is not there."""
    if node is None or not (packages / "microsoft-cognitiveservices-speech-sdk").is_dir():
        return f"no Speech SDK for JavaScript in {packages} (make speech-sdk, with Node.js and npm)"
    return Sdk("js", [node, str(HERE / "js_client.mjs"), str(packages)])
