"""What Studio calls the things of the contract: its own words, for people."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.deployments import Actor, Credential, Step, Way
from speechsmith.domain.errors import SpeechError
from speechsmith.domain.status import Status
from speechsmith.domain.values import NEVER

KINDS = {
    CorpusKind.ACOUSTIC: "Audio + human-labeled transcript",
    CorpusKind.AUDIO_FILES: "Audio",
    CorpusKind.LANGUAGE: "Plain text",
    CorpusKind.LANGUAGE_MARKDOWN: "Structured text in Markdown",
    CorpusKind.PRONUNCIATION: "Pronunciation",
    CorpusKind.OUTPUT_FORMATTING: "Output format",
}
ABILITIES = {
    CorpusKind.ACOUSTIC: "audio with transcripts",
    CorpusKind.AUDIO_FILES: "audio",
    CorpusKind.LANGUAGE: "plain text",
    CorpusKind.LANGUAGE_MARKDOWN: "structured text",
    CorpusKind.PRONUNCIATION: "pronunciation",
    CorpusKind.OUTPUT_FORMATTING: "output format",
}
"""What a base model can be trained with, as its name has it in parentheses."""

STATES = {
    Status.NOT_STARTED: "Waiting",
    Status.RUNNING: "Processing",
    Status.SUCCEEDED: "Succeeded",
    Status.FAILED: "Failed",
}
STEPS = {
    Step.CREATED: "Deployed",
    Step.CHANGED: "Model changed",
    Step.AGAIN: "Tried again",
    Step.SUSPENDED: "Suspended",
    Step.RESUMED: "Resumed",
}
"""What was done to an endpoint."""

_SHOWN = {
    Credential.KEY_1: "With key 1",
    Credential.KEY_2: "With key 2",
    Credential.TOKEN: "With a token",
    None: "With a former key",
}
_WAYS = {Way.REST: "by REST", Way.STUDIO: "in Studio"}

_UNITS = {CorpusKind.ACOUSTIC: "utterance", CorpusKind.AUDIO_FILES: "recording"}
"""What one piece of a dataset is; a line, where it is text."""

_OF_REST = {str(kind): name for kind, name in KINDS.items()} | {str(state): name for state, name in STATES.items()}
_NAME_OR_WORD = re.compile(rf"('.*?'(?!\w))|\b({'|'.join(_OF_REST)})\b")
"""What stands in quotes, which is a name; or a word of the REST API that Studio has another one for."""

FIELDS = {
    "displayName": "Name",
    "description": "Description",
    "locale": "Language",
    "contentUrl": "URL",
    "webUrl": "URL",
    "properties.secret": "Secret",
    "properties.customModelWeightPercent": "Weight of the text",
}
"""The labels of members."""

FILE_STATES = {False: "Draft", True: "Accepted"}
"""Of a file in the Editor, by whether somebody has accepted its text."""


def told(error: SpeechError) -> str:
    """A refusal in the words of Studio; a member that it begins with is called as its field is."""
    first, blank, rest = error.message.partition(" ")
    name, colon = first.removesuffix(":"), ":" if first.endswith(":") else ""
    return f"{FIELDS.get(name, plain(name))}{colon}{blank}{plain(rest)}"


def plain(text: str) -> str:
    """A sentence of the service with Studio's names of states and of the types of data. Names in quotes stay."""
    return _NAME_OR_WORD.sub(lambda found: found[1] or _OF_REST[found[2]], text)


def amount(kind: CorpusKind, count: int) -> str:
    """How much a dataset of a kind has: one word for one thing, everywhere."""
    return counted(count, _UNITS.get(kind, "line"))


def counted(count: int, noun: str) -> str:
    """A number with what it counts."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """Several things in a sentence."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def actor(by: Actor | None) -> str:
    """By whom something was done: keys are known, people are not."""
    return "Not known" if by is None else f"{_SHOWN[by.credential]}, {_WAYS[by.way]}"


def size(count: int) -> str:
    """So many bytes."""
    for power, unit in ((3, "GB"), (2, "MB"), (1, "KB")):
        if count >= 1024**power:
            return f"{count / 1024**power:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} bytes"


def length(time: timedelta) -> str:
    """For how long something can be heard."""
    seconds = round(time.total_seconds())
    if seconds < 60:
        return f"{time.total_seconds():.1f} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"


def abilities(kinds: Collection[CorpusKind]) -> str:
    """What a base model can be trained with, in the order of the data types."""
    return ", ".join(named for kind, named in ABILITIES.items() if kind in kinds)


def moment(time: datetime) -> str:
    """A moment for people, in UTC, as nothing tells where they are."""
    return f"{time.day} {time:%b %Y, %H:%M} UTC"


def day(time: datetime) -> str:
    """The day on which something ends."""
    return "Never" if time == NEVER else f"{time.day} {time:%b %Y}"


def likely(probability: float) -> str:
    """How often of a hundred times, for people: nothing is certain."""
    return (
        "more than 99" if probability > 0.995 else "less than 1" if probability < 0.005 else f"{100 * probability:.0f}"
    )


def percent(rate: object) -> str:
    """An error rate."""
    assert isinstance(rate, float)
    return f"{100 * rate:.1f} %"


def span(seconds: float) -> str:
    """How long something takes, with as much of it as people care for."""
    whole = round(seconds)
    for unit_s, unit, part_s, part in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit_s:
            count, rest = divmod(whole, unit_s)
            return f"{count} {unit}" + (f" {rest // part_s} {part}" if count < 10 and rest >= part_s else "")
    return f"{whole} s"
