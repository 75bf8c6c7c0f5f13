"""What Studio calls the things of the contract: its own words, for people."""

from datetime import datetime

from speechsmith.asr.types import CorpusKind
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
STATES = {
    Status.NOT_STARTED: "Waiting",
    Status.RUNNING: "Processing",
    Status.SUCCEEDED: "Succeeded",
    Status.FAILED: "Failed",
}
FIELDS = {"displayName": "Name", "description": "Description", "locale": "Language"}
"""The labels of members."""


def told(error: SpeechError) -> str:
    """A refusal; a member that it begins with is called as its field is."""
    first, blank, rest = error.message.partition(" ")
    return f"{FIELDS.get(first, first)}{blank}{rest}"


def moment(time: datetime) -> str:
    """A moment for people, in UTC, as nothing tells where they are."""
    return f"{time.day} {time:%b %Y, %H:%M} UTC"


def day(time: datetime) -> str:
    """The day on which something ends."""
    return "Never" if time == NEVER else f"{time.day} {time:%b %Y}"


def percent(rate: object) -> str:
    """An error rate."""
    assert isinstance(rate, float)
    return f"{100 * rate:.1f} %"
