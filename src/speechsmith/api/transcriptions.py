"""Handlers of transcriptions."""

from collections.abc import Mapping

from speechsmith.api import generic
from speechsmith.api.call import Answer, Call
from speechsmith.api.references import optional_id
from speechsmith.asr.display import Profanity
from speechsmith.domain.errors import Invalid
from speechsmith.domain.transcriptions import PunctuationMode, TranscriptionOptions, asks_to_adapt
from speechsmith.domain.values import parse_time_to_live
from speechsmith.services import transcriptions
from speechsmith.wire.v3_2 import TranscriptionProperties

MAX_CHANNEL = 1_023  # what libsndfile reads; a larger number can only be a mistake


def create(call: Call) -> Answer:
    """Transcriptions_Create."""
    body = call.body
    properties = body.properties or TranscriptionProperties()
    check_available(properties)
    new = transcriptions.NewTranscription(
        labels=generic.labels_of(body),
        model_id=optional_id(body.model, "models", target="model"),
        content_urls=tuple(body.content_urls or ()),
        content_container_url=body.content_container_url or None,
        dataset_id=optional_id(body.dataset, "datasets", target="dataset"),
        options=_options(properties, body.custom_properties or {}),
        time_to_live=parse_time_to_live(properties.time_to_live) if properties.time_to_live else None,
    )
    return generic.shown(call, transcriptions.create(call.ctx, call.resource.id, new), status=201)


def _options(properties: TranscriptionProperties, custom_properties: Mapping[str, str]) -> TranscriptionOptions:
    channels = (0, 1) if properties.channels is None else tuple(properties.channels)
    is_listed_once = 0 < len(channels) <= 16 and len(set(channels)) == len(channels)
    if not is_listed_once or not 0 <= min(channels) <= max(channels) <= MAX_CHANNEL:
        raise Invalid(
            "InvalidChannels",
            f"properties.channels lists 1 to 16 different channels, from 0 to {MAX_CHANNEL}.",
            target="properties.channels",
        )
    return TranscriptionOptions(
        word_level_timestamps=properties.word_level_timestamps_enabled,
        display_word_timestamps=properties.display_form_word_level_timestamps_enabled,
        channels=channels,
        punctuation=PunctuationMode(properties.punctuation_mode),
        profanity=Profanity(properties.profanity_filter_mode),
        adapt_to_speakers=asks_to_adapt(custom_properties),
    )


def check_available(properties: TranscriptionProperties) -> None:
    """Raises: Invalid for what this version cannot do: better a refusal than a result that ignores the wish."""
    wishes = {
        "diarizationEnabled": properties.diarization_enabled or properties.diarization is not None,
        "languageIdentification": properties.language_identification is not None,
        "destinationContainerUrl": bool(properties.destination_container_url),
    }
    for name, wished in wishes.items():
        if wished:
            raise Invalid(
                "InvalidParameterValue",
                f"properties.{name} is not available in this version; leave it out.",
                target=f"properties.{name}",
            )
