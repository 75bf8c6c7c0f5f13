"""Handlers of transcriptions."""

from collections.abc import Mapping, Sequence

from speechsmith.api import generic
from speechsmith.api.call import Answer, Call
from speechsmith.api.references import id_of, optional_id
from speechsmith.asr.display import Profanity
from speechsmith.domain.errors import Invalid
from speechsmith.domain.transcriptions import (
    MODEL_MAPPING,
    LanguageWish,
    PunctuationMode,
    TranscriptionOptions,
    asked_subtitles,
    asks_to_adapt,
    cannot_tell_apart,
)
from speechsmith.domain.values import parse_time_to_live
from speechsmith.services import transcriptions
from speechsmith.wire.v3_2 import TranscriptionProperties

MAX_CHANNEL = 1_023  # what libsndfile reads; a larger number can only be a mistake
_A_CHANNEL_EACH = "a recording with a channel for each speaker is transcribed channel by channel"


def create(call: Call) -> Answer:
    """Transcriptions_Create."""
    body = call.body
    properties = body.properties or TranscriptionProperties()
    _check_speakers(properties)
    new = transcriptions.NewTranscription(
        labels=generic.labels_of(body),
        model_id=optional_id(body.model, "models", target="model"),
        content_urls=tuple(body.content_urls or ()),
        content_container_url=body.content_container_url or None,
        destination_container_url=properties.destination_container_url or None,
        dataset_id=optional_id(body.dataset, "datasets", target="dataset"),
        options=_options(properties, body.custom_properties or {}),
        time_to_live=parse_time_to_live(properties.time_to_live) if properties.time_to_live else None,
        languages=_languages(properties),
    )
    return generic.shown(call, transcriptions.create(call.ctx, call.resource.id, new), status=201)


def _options(properties: TranscriptionProperties, custom_properties: Mapping[str, str]) -> TranscriptionOptions:
    return TranscriptionOptions(
        word_level_timestamps=bool(properties.word_level_timestamps_enabled),
        display_word_timestamps=bool(properties.display_form_word_level_timestamps_enabled),
        channels=None if properties.channels is None else _checked_channels(properties.channels),
        punctuation=PunctuationMode(properties.punctuation_mode or PunctuationMode.DICTATED_AND_AUTOMATIC),
        profanity=Profanity(properties.profanity_filter_mode or Profanity.MASKED),
        adapt_to_speakers=asks_to_adapt(custom_properties),
        subtitles=asked_subtitles(custom_properties),
    )


def _checked_channels(channels: Sequence[int]) -> tuple[int, ...]:
    is_listed_once = 0 < len(channels) <= 16 and len(set(channels)) == len(channels)
    if not is_listed_once or not 0 <= min(channels) <= max(channels) <= MAX_CHANNEL:
        raise Invalid(
            "InvalidChannels",
            f"properties.channels lists 1 to 16 different channels, from 0 to {MAX_CHANNEL}.",
            target="properties.channels",
        )
    return tuple(channels)


def _check_speakers(properties: TranscriptionProperties) -> None:
    """Raises: Invalid for the wish to have speakers told apart."""
    if properties.diarization is not None:
        raise cannot_tell_apart("diarization", "speakers", _A_CHANNEL_EACH)
    if properties.diarization_enabled:
        raise cannot_tell_apart("diarizationEnabled", "speakers", _A_CHANNEL_EACH)


def _languages(properties: TranscriptionProperties) -> LanguageWish | None:
    wish = properties.language_identification
    if wish is None:
        return None
    return LanguageWish(
        candidates=tuple(wish.candidate_locales),
        is_continuous=wish.mode != "Single",
        mapped={
            locale: id_of(model, "models", target=f"{MODEL_MAPPING}.{locale[:40]}")
            for locale, model in (wish.speech_model_mapping or {}).items()
        },
    )
