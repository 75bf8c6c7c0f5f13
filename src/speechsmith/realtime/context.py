"""What a client wants of one turn: from the query of the connection, its path, and the message speech.context.

The same wish has a name in the query and a place in speech.context. What the context says is brought to the names of
the query first, the query is laid over it, and only then is it read: so the query wins, and what is out of range is
refused under one name, wherever it came from. Names and values of the context have any case; all of it is optional,
and what is not known is passed over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

import orjson

from speechsmith.asr.display import Dictation, Profanity
from speechsmith.asr.segments import SegmentOptions
from speechsmith.asr.types import MAX_PHRASES
from speechsmith.domain.errors import Invalid
from speechsmith.tasks.results import ALTERNATIVES

INITIAL_SILENCE = 5.0  # seconds that an interactive turn waits for speech
YES_OR_NO = {"false": False, "true": True}
FORMAT = {"simple": False, "detailed": True}
PROFANITY = {"masked": Profanity.MASKED, "removed": Profanity.REMOVED, "raw": Profanity.NONE}
MOST_CANDIDATES = 10
MOST_MEMBERS = MAX_PHRASES  # of any list or object: what is longer has no use, and costs those who wait behind it
_INITIAL_SILENCE_MS = (1, 3_600_000)
_PAUSE_MS = (100, 10_000)  # what may end a phrase


class Mode(StrEnum):
    """How long a turn lasts: INTERACTIVE ends with the first phrase, the others with the audio.

    In DICTATION punctuation is said: "comma".
    """

    INTERACTIVE = "interactive"
    CONVERSATION = "conversation"
    DICTATION = "dictation"

    @property
    def punctuation(self) -> Dictation:
        """What becomes of punctuation that is said."""
        return Dictation.CERTAIN if self is Mode.DICTATION else Dictation.NONE


_MODES = {mode.value: mode for mode in Mode}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A language that may be spoken, and the id of the endpoint that knows it, where the client names one."""

    language: str
    cid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOptions:
    """What a client wants of one turn. Times are seconds.

    Exactly one of these says which model answers: `cid`, an endpoint; `candidates`, of which one is spoken; `language`.
    `language_stays`: what is spoken at first is spoken to the end.
    `phrases` are as they were written: `services.recognition.expected` brings them to the locale of the model.
    `initial_silence` None waits for ever; `end_silence`, which ends a phrase, None leaves it to the house.
    `speakers`: the client asks who speaks.
    """

    mode: Mode
    cid: str | None = None
    candidates: tuple[Candidate, ...] = ()
    language_stays: bool = True
    language: str | None = None
    detailed: bool = False
    word_times: bool = False
    word_confidences: bool = False
    profanity: Profanity = Profanity.MASKED
    phrases: tuple[str, ...] = ()
    weight: float = 1.0
    initial_silence: float | None = None
    end_silence: float | None = None
    speakers: bool = False
    store_audio: bool = False

    @property
    def is_interactive(self) -> bool:
        """Whether one phrase is all."""
        return self.mode is Mode.INTERACTIVE

    @property
    def alternatives(self) -> int:
        """Hypotheses for each phrase at most."""
        return ALTERNATIVES if self.detailed else 1

    @property
    def segments(self) -> SegmentOptions:
        """How the sound is cut into phrases."""
        usual = SegmentOptions()
        if self.end_silence is None:
            return usual
        shortest = min(usual.min_silence, self.end_silence)
        return SegmentOptions(pad=min(usual.pad, shortest / 2), min_silence=shortest, join=self.end_silence)


def path_mode(path: str) -> Mode | None:
    """The mode that the path of a connection names, as in /speech/recognition/interactive/cognitiveservices/v1."""
    return next((Mode(part) for part in path.lower().split("/") if part in set(Mode)), None)


def choice(query: Mapping[str, str], name: str, known: Mapping[str, Any], default: str) -> Any:
    """A member of the query out of a few. Raises: Invalid."""
    value = query.get(name, default).lower()
    if value not in known:
        raise Invalid("InvalidParameterValue", f"{name} is one of {', '.join(known)}, not '{value[:40]}'.", target=name)
    return known[value]


def turn_options(context: bytes, query: Mapping[str, str], on_path: Mode | None) -> TurnOptions:
    """What the body of speech.context asks for, on a connection with this query, whose path names a mode or None.

    Raises: Invalid: it is no JSON object, a member is of the wrong kind or out of range, no language is named, or it
        asks for what is not done here.
    """
    said = _Object(_loaded(context), "speech.context")
    detection, expected = said.object("phraseDetection"), said.object("dgi")
    mode: Mode = choice({"mode": detection.text("mode") or on_path or Mode.CONVERSATION}, "mode", _MODES, "")
    wishes = dict(_in_words_of_the_query(said, mode)) | {name: value for name, value in query.items() if value}
    _refuse_what_is_not_done(said)
    cid = wishes.get("cid")
    candidates = () if cid else _candidates(said)
    language = None if cid or candidates else wishes.get("language")
    if not (cid or candidates or language):
        raise _wrong("language", "Name the language, such as ?language=en-US, or an endpoint by cid.")
    unless_set = INITIAL_SILENCE if mode is Mode.INTERACTIVE else None
    until_phrase_ends = _seconds(wishes, "endSilenceTimeoutMs", *_PAUSE_MS, None)
    return TurnOptions(
        mode=mode,
        cid=cid,
        candidates=candidates,
        language_stays=said.object("languageId").text("mode").casefold() != "detectcontinuous",
        language=language,
        detailed=choice(wishes, "format", FORMAT, "simple"),
        word_times=choice(wishes, "wordLevelTimestamps", YES_OR_NO, "false"),
        word_confidences=choice(wishes, "wordLevelConfidence", YES_OR_NO, "false"),
        profanity=choice(wishes, "profanity", PROFANITY, "masked"),
        phrases=_phrases(expected),
        weight=float(_number(expected.text("bias") or "1", "dgi.bias")),
        initial_silence=_seconds(wishes, "initialSilenceTimeoutMs", *_INITIAL_SILENCE_MS, unless_set),
        end_silence=_seconds(wishes, "segmentationSilenceTimeoutMs", *_PAUSE_MS, until_phrase_ends),
        speakers=bool(detection.object("speakerDiarization")),
        store_audio=choice(wishes, "storeAudio", YES_OR_NO, "false"),
    )


def _in_words_of_the_query(said: "_Object", mode: Mode) -> Iterator[tuple[str, str]]:
    """What the context wants, by the names that the query has for it."""
    detection, output = said.object("phraseDetection"), said.object("phraseOutput")
    members = {
        "language": detection.text("language"),
        "initialSilenceTimeoutMs": detection.text("initialSilenceTimeout"),
        "endSilenceTimeoutMs": detection.text("trailingSilenceTimeout"),
        "segmentationSilenceTimeoutMs": detection.object(mode)
        .object("segmentation")
        .text("segmentationSilenceTimeoutMs"),
        "profanity": detection.object("enrichment").text("profanity"),
        "format": output.text("format"),
    }
    yield from ((name, value) for name, value in members.items() if value)
    options = _output_options(said)
    if "wordtimings" in options:
        yield "wordLevelTimestamps", "true"
    if "wordconfidence" in options:
        yield "wordLevelConfidence", "true"


def _output_options(said: "_Object") -> set[str]:
    options = said.object("phraseOutput").object("detailed").values("options")
    return {option.casefold() for option in options if isinstance(option, str)}


def _refuse_what_is_not_done(said: "_Object") -> None:
    """Raises: Invalid for a wish that no method is here for: better than figures that mean nothing."""
    enrichment = said.object("phraseDetection").object("enrichment")
    if "pronunciationassessment" in _output_options(said) or enrichment.object("pronunciationAssessment"):
        raise _wrong(
            "pronunciationAssessment", "Pronunciation assessment is not available here; recognize without its config."
        )


def _candidates(said: "_Object") -> tuple[Candidate, ...]:
    """The languages of which one is spoken, each once, with the endpoints that know them."""
    listed = said.object("languageId").values("languages")
    if not all(isinstance(language, str) and language for language in listed) or len(listed) > MOST_CANDIDATES:
        raise _wrong("languageId.languages", f"languageId.languages is a list of at most {MOST_CANDIDATES} locales.")
    detection = said.object("phraseDetection")
    cids = {model.text("language").casefold(): model.text("endpoint") for model in detection.objects("customModels")}
    different: dict[str, str] = {}
    for language in listed:
        different.setdefault(language.casefold(), language)
    return tuple(Candidate(language, cids.get(key) or None) for key, language in different.items())


def _phrases(expected: "_Object") -> tuple[str, ...]:
    items = (item for group in expected.objects("Groups") for item in group.objects("Items"))
    texts = tuple(item.text("Text") for item in islice(items, MAX_PHRASES + 1))
    if len(texts) > MAX_PHRASES:
        raise _wrong("phrases", f"A list has at most {MAX_PHRASES:,} phrases; leave some out.")
    return texts


def _seconds(wishes: Mapping[str, str], name: str, lowest: int, highest: int, unless_set: float | None) -> float | None:
    if name not in wishes:
        return unless_set
    milliseconds = _number(wishes[name], name)
    if not lowest <= milliseconds <= highest:
        rule = f"is a number of milliseconds from {lowest:,} to {highest:,}"
        raise _wrong(name, f"{name} {rule}, not {wishes[name][:40]}.")
    return milliseconds / 1000


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _wrong(name, f"{name} is a number, not '{text[:40]}'.") from None


def _loaded(context: bytes) -> Any:
    try:
        return orjson.loads(context.strip() or b"{}")
    except orjson.JSONDecodeError:
        raise _wrong("speech.context", "The body of speech.context is not JSON.") from None


def _wrong(target: str, message: str) -> Invalid:
    return Invalid("InvalidParameterValue", message, target=target)


class _Object:
    """An object in speech.context, whose names have any case. A member that is null is not there.

    What is asked for and of the wrong kind is refused (Invalid), by its name.
    """

    def __init__(self, value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(name, f"{name} is an object.")
        if len(value) > MOST_MEMBERS:
            raise _wrong(name, f"{name} has at most {MOST_MEMBERS:,} members.")
        self._members = {key.casefold(): member for key, member in value.items() if member is not None}

    def __bool__(self) -> bool:
        return bool(self._members)

    def object(self, name: str) -> "_Object":
        """The member, or an empty object."""
        return _Object(self._members.get(name.casefold(), {}), name)

    def objects(self, name: str) -> Iterator["_Object"]:
        """The objects in a list, or none."""
        return (_Object(value, f"A member of {name}") for value in self.values(name))

    def values(self, name: str) -> list[Any]:
        """The member, or an empty list."""
        value = self._members.get(name.casefold(), [])
        if not isinstance(value, list):
            raise _wrong(name, f"{name} is a list.")
        if len(value) > MOST_MEMBERS:
            raise _wrong(name, f"{name} has at most {MOST_MEMBERS:,} members.")
        return value

    def text(self, name: str) -> str:
        """The member, a text or a number, or ""."""
        value = self._members.get(name.casefold(), "")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _wrong(name, f"{name} is a text or a number.")
        return str(value)
