"""Transcriptions: many recordings, turned into text in the background."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from speechsmith.asr.display import Profanity
from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid
from speechsmith.domain.status import Status
from speechsmith.domain.values import check_locale

MAX_CONTENT_URLS = 1_000
ADAPT_TO_SPEAKERS = "adaptToSpeakers"
SUBTITLES = "subtitles"
DEFAULT_CHANNELS = (0, 1)
BULKY_CHARACTERS = 1 << 14
MOST_CANDIDATES = 10
"""How many locales can be listened for at once, in continuous mode."""

CANDIDATES = "properties.languageIdentification.candidateLocales"
MODEL_MAPPING = "properties.languageIdentification.speechModelMapping"


class PunctuationMode(StrEnum):
    """Where punctuation comes from."""

    NONE = "None"
    DICTATED = "Dictated"
    AUTOMATIC = "Automatic"
    DICTATED_AND_AUTOMATIC = "DictatedAndAutomatic"


class SubtitleFormat(StrEnum):
    """How subtitles are written; the value is the suffix of the file."""

    SRT = "srt"
    VTT = "vtt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionOptions:
    """What the result holds, and whether each recording is recognized twice: as it is, and adapted to who speaks.

    `channels` None: those of DEFAULT_CHANNELS that a recording has; a channel that was asked for is missed when it is
    not there.
    """

    word_level_timestamps: bool = False
    display_word_timestamps: bool = False
    channels: tuple[int, ...] | None = None
    punctuation: PunctuationMode = PunctuationMode.DICTATED_AND_AUTOMATIC
    profanity: Profanity = Profanity.MASKED
    adapt_to_speakers: bool = False
    subtitles: tuple[SubtitleFormat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageWish:
    """The locales that a recording may be spoken in; `is_continuous`: it may change from one to another.

    `mapped` are the models that were named for some of them.
    """

    candidates: tuple[str, ...]
    is_continuous: bool = True
    mapped: Mapping[str, UUID] = field(default_factory=dict)

    def checked(self, locale: str, installed: Collection[str]) -> "LanguageWish":
        """The same, with its locales in their canonical spelling.

        Raises: Invalid for what could not be meant; InvalidLocale for a candidate without a base model.
        """
        listed = {candidate.casefold() for candidate in self.candidates}
        if len(listed) != len(self.candidates) or len(listed) < 2:
            raise _unfit(CANDIDATES, "lists two or more different locales")
        if self.is_continuous and (len(listed) > MOST_CANDIDATES or locale.casefold() not in listed):
            rule = f"lists at most {MOST_CANDIDATES} locales in continuous mode, '{locale}' among them"
            raise _unfit(CANDIDATES, rule)
        candidates = tuple(check_locale(candidate, installed, target=CANDIDATES) for candidate in self.candidates)
        mapped = {name.casefold(): model_id for name, model_id in self.mapped.items()}
        if len(mapped) != len(self.mapped) or mapped.keys() - listed:
            raise _unfit(MODEL_MAPPING, "has only locales that are candidates, each once")
        named = {candidate: mapped[candidate.casefold()] for candidate in candidates if candidate.casefold() in mapped}
        return LanguageWish(candidates=candidates, is_continuous=self.is_continuous, mapped=named)


def _unfit(target: str, rule: str) -> Invalid:
    return Invalid("InvalidParameterValue", f"{target} {rule}.", target=target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A locale that may be spoken, and the model that listens for it; `is_mapped`: the user has named that model."""

    locale: str
    model_id: UUID
    is_mapped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """The candidates of a transcription that tells languages apart, phrase by phrase or once for each recording."""

    candidates: tuple[Candidate, ...]
    is_continuous: bool = True


def cannot_tell_apart(member: str, what: str, instead: str) -> Invalid:
    """The refusal of a wish that no method is here for: better than labels that mean nothing."""
    target = f"properties.{member}"
    message = f"{target}: {what} cannot be told apart here, as no method for it is installed. Leave it out; {instead}."
    return Invalid("InvalidParameterValue", message, target=target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription(Processed):
    """A batch of recordings, named by URL, container or dataset. One of an evaluation is finished by its job.

    URLs of recordings and containers may be signed; they are forgotten when nothing needs them any more, and of the
    destination only the place stays.
    """

    model_id: UUID
    content_urls: tuple[str, ...] = field(default=(), repr=False)
    content_container_url: str | None = field(default=None, repr=False)
    destination_container_url: str | None = field(default=None, repr=False)
    dataset_id: UUID | None = None
    evaluation_id: UUID | None = None
    options: TranscriptionOptions = field(default_factory=TranscriptionOptions)
    languages: Languages | None = None
    time_to_live: timedelta | None = None
    duration: timedelta | None = None

    @property
    def destination(self) -> str | None:
        """Where the results go, without the signature that permits it."""
        url = self.destination_container_url
        return None if url is None else url.partition("?")[0]

    @property
    def is_bulky(self) -> bool:
        """Whether its links are many and long: up to what a request can carry."""
        return sum(map(len, self.content_urls)) > BULKY_CHARACTERS

    def _moved(self, status: Status, now: datetime) -> "Transcription":
        moved = Processed._moved(self, status, now)
        if not status.is_final:
            return moved
        return replace(moved, content_urls=(), content_container_url=None, destination_container_url=moved.destination)

    def references(self) -> tuple[UUID, ...]:
        """While it runs, its models and dataset must stay."""
        if self.status.is_final:
            return ()
        candidates = () if self.languages is None else self.languages.candidates
        models = (self.model_id, *(candidate.model_id for candidate in candidates))
        return models if self.dataset_id is None else (*models, self.dataset_id)


def check_sources(content_urls: tuple[str, ...], content_container_url: str | None, *, has_dataset: bool) -> None:
    """Raises: Invalid unless there is exactly one source of audio, of no more recordings than are allowed."""
    if (bool(content_urls), bool(content_container_url), has_dataset).count(True) != 1:
        raise Invalid(
            "OnlyOneOfUrlsOrContainerOrDataset", "Give exactly one of contentUrls, contentContainerUrl and dataset."
        )
    if len(content_urls) > MAX_CONTENT_URLS:
        raise Invalid(
            "ExceededNumberOfRecordingsUris",
            f"contentUrls has {len(content_urls)} entries; at most {MAX_CONTENT_URLS} are allowed.",
            target="contentUrls",
        )


def asks_to_adapt(custom_properties: Mapping[str, str]) -> bool:
    """Whether the custom property ADAPT_TO_SPEAKERS is "true", in any case; it is "false" where there is none.

    The contract's `properties` have no member for it, and clients of the contract refuse to send or read others.

    Raises: Invalid for any other value.
    """
    asked = custom_properties.get(ADAPT_TO_SPEAKERS, "false")
    if asked.lower() not in ("true", "false"):
        target = f"customProperties.{ADAPT_TO_SPEAKERS}"
        raise Invalid("InvalidParameterValue", f"{target} is 'true' or 'false', not '{asked[:40]}'.", target=target)
    return asked.lower() == "true"


def asked_subtitles(custom_properties: Mapping[str, str]) -> tuple[SubtitleFormat, ...]:
    """The formats that the custom property SUBTITLES names, as "srt", "vtt" or "srt,vtt"; none where there is none.

    It is a custom property as in `asks_to_adapt`. Whoever takes each file of a transcription for JSON asks for none.

    Raises: Invalid for any other value.
    """
    asked = custom_properties.get(SUBTITLES)
    if asked is None:
        return ()
    names = [name.strip().lower() for name in asked.split(",")]
    if not set(names) <= set(SubtitleFormat):
        target = f"customProperties.{SUBTITLES}"
        raise Invalid(
            "InvalidParameterValue", f"{target} is 'srt', 'vtt' or 'srt,vtt', not '{asked[:40]}'.", target=target
        )
    return tuple(SubtitleFormat(name) for name in dict.fromkeys(names))


def describe_options(options: TranscriptionOptions) -> Mapping[str, object]:
    """The options by their names in the contract."""
    return {
        "wordLevelTimestampsEnabled": options.word_level_timestamps,
        "displayFormWordLevelTimestampsEnabled": options.display_word_timestamps,
        "channels": list(DEFAULT_CHANNELS if options.channels is None else options.channels),
        "punctuationMode": options.punctuation,
        "profanityFilterMode": options.profanity,
    }
