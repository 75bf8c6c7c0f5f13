"""From entities to the JSON of the contract. What differs between versions is asked here, and only here."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote
from uuid import UUID

from speechsmith.api.call import Call
from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.deliveries import Delivery, DeliveryState
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.entities import Entity, Processed
from speechsmith.domain.errors import Invalid
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File
from speechsmith.domain.logs import id_of
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.domain.transcriptions import Languages, Transcription, describe_options
from speechsmith.domain.values import format_duration
from speechsmith.domain.webhooks import WebHook
from speechsmith.services import model_choice
from speechsmith.services.entities import Work
from speechsmith.store.tables import COLLECTIONS

JSON = dict[str, Any]


class Reached(Protocol):
    """What views need of a request to name entities: `base` is the address of a version."""

    @property
    def base(self) -> str:
        """The same as in `Call`."""


PENDING_SCORE: Mapping[str, object] = {
    "wordErrorRate": -1.0,
    "sentenceErrorRate": -1.0,
    "sentenceCount": -1,
    "wordCount": -1,
    "correctWordCount": -1,
    "wordSubstitutionCount": -1,
    "wordDeletionCount": -1,
    "wordInsertionCount": -1,
}
"""What an evaluation shows before it is done."""


@lru_cache(4096)
def time(moment: datetime) -> str:
    """Whole seconds, UTC."""
    return f"{moment.isoformat()[:19]}Z"  # a tenth of what strftime takes, and lists are made of times


def address(call: Reached, kind: type[Entity], id: UUID) -> str:
    """The URI of an entity."""
    collection = "models/base" if kind is BaseModel else COLLECTIONS[kind]
    return f"{call.base}/{collection}/{id}"


def reference(call: Reached, kind: type[Entity], id: UUID) -> JSON:
    """How one entity names another."""
    return {"self": address(call, kind, id)}


def _labels(entity: Entity) -> JSON:
    shown: JSON = {
        "createdDateTime": time(entity.created_at),
        "locale": entity.locale,
        "displayName": entity.display_name,
    }
    if not entity.locale:  # a web hook has none
        del shown["locale"]
    if entity.description:
        shown["description"] = entity.description
    if entity.custom_properties:
        shown["customProperties"] = dict(entity.custom_properties)
    return shown


def _state(call: Reached, entity: Processed) -> JSON:
    shown: JSON = {"lastActionDateTime": time(entity.last_action_at), "status": entity.status}
    if entity.project_id is not None:
        shown["project"] = reference(call, Project, entity.project_id)
    return shown | _labels(entity)


def _about_work(entity: Processed, work: Work | None) -> JSON:
    """`error` of what failed; `progress` of what is under way."""
    if entity.failure is not None:
        return {"error": {"code": entity.failure.code, "message": entity.failure.message}}
    if work is None:
        return {}
    if work.ahead is not None:
        return {"progress": {"stage": "Waiting", "percent": 0, "queuePosition": work.ahead + 1}}
    shown: JSON = {"stage": work.stage, "percent": work.percent}
    if work.eta_s is not None:
        shown["etaSeconds"] = work.eta_s
    return {"progress": shown}


def project(call: Call, entity: Project, counts: Mapping[type[Processed], int]) -> JSON:
    """Projects."""
    uri = address(call, Project, entity.id)
    nouns = ("evaluations", "datasets", "models", "endpoints", "transcriptions")
    by_noun = {COLLECTIONS[kind]: count for kind, count in counts.items()}
    return {
        "self": uri,
        "links": {noun: f"{uri}/{noun}" for noun in nouns},
        "properties": {
            f"{noun.removesuffix('s')}Count": by_noun.get(noun, 0)
            for noun in ("datasets", "evaluations", "models", "transcriptions", "endpoints")
        },
        **_labels(entity),
    }


def dataset(call: Call, entity: Dataset, work: Work | None = None) -> JSON:
    """Datasets."""
    uri = address(call, Dataset, entity.id)
    links = {"files": f"{uri}/files"}
    if entity.awaits_blocks:
        blocks = f"{uri}/blocks"
        links |= {"commitBlocks": f"{blocks}:commit", "listBlocks": blocks, "uploadBlocks": blocks}
    properties: JSON = {}
    if call.version.has_text_normalization:
        properties["textNormalizationKind"] = entity.text_normalization
    properties |= {"acceptedLineCount": entity.accepted, "rejectedLineCount": entity.rejected}
    if entity.duration is not None:
        properties["duration"] = format_duration(entity.duration)
    shown: JSON = {"self": uri, "kind": entity.kind}
    if entity.content_url:
        shown["contentUrl"] = entity.content_url
    return shown | {"links": links, "properties": properties | _about_work(entity, work)} | _state(call, entity)


def _features(call: Call) -> JSON:
    features: JSON = {
        "supportsTranscriptions": True,
        "supportsEndpoints": True,
        "supportsTranscriptionsOnSpeechContainers": False,
    }
    if call.version.has_output_formats:
        features["supportedOutputFormats"] = ["Display", "Lexical"]
    return features


def base_model(call: Call, entity: BaseModel, work: Work | None = None) -> JSON:
    """Base models. `work` is always None: they are there."""
    uri = address(call, BaseModel, entity.id)
    ends = model_choice.deadlines(call.ctx, entity)
    adaptations = sorted(filter(call.version.knows, entity.trains_with))
    properties = {
        "deprecationDates": {
            "adaptationDateTime": time(ends.adaptation),
            "transcriptionDateTime": time(ends.transcription),
        },
        "features": _features(call) | {"supportsAdaptationsWith": adaptations},
    }
    if call.version.has_output_formats:
        properties["chargeForAdaptation"] = False  # type: ignore[assignment]
    return {
        "self": uri,
        "links": {"manifest": f"{uri}/manifest"},
        "properties": properties | _about_work(entity, work),
        **_state(call, entity),
    }


def custom_model(call: Call, entity: CustomModel, work: Work | None = None) -> JSON:
    """Custom models."""
    uri = address(call, CustomModel, entity.id)
    ends = model_choice.deadlines(call.ctx, entity)
    dates = {"transcriptionDateTime": time(ends.transcription)}
    if call.version.custom_adaptation_date:
        dates = {"adaptationDateTime": time(ends.adaptation)} | dates
    properties: JSON = {"deprecationDates": dates}
    if entity.weight_percent is not None:
        properties["customModelWeightPercent"] = entity.weight_percent
    properties["features"] = _features(call)
    if entity.rebased is not None:
        properties["rebasedFrom"] = address(call, CustomModel, entity.rebased.model_id)
    return {
        "self": uri,
        "baseModel": reference(call, BaseModel, entity.base_model_id),
        "datasets": [reference(call, Dataset, id) for id in entity.dataset_ids],
        "links": {
            "manifest": f"{uri}/manifest",
            call.version.copy_link: f"{uri}:{call.version.copy_link.lower()}",
            "files": f"{uri}/files",
        },
        "properties": properties | _about_work(entity, work),
        **_state(call, entity),
    }


def copy_operation(call: Call, entity: CopyOperation) -> JSON:
    """Operations of copies. The result has the address of its own server."""
    shown: JSON = {
        "id": str(entity.id),
        "self": f"{call.base}/operations/models/copy/{entity.id}",
        "status": entity.status,
        "createdDateTime": time(entity.created_at),
        "lastActionDateTime": time(entity.last_action_at),
    }
    if entity.status is Status.SUCCEEDED and entity.copy_id is not None:
        there = call if entity.authorization is None else replace(call, root=entity.authorization.endpoint)
        shown["result"] = {"link": address(there, CustomModel, entity.copy_id)}
    if entity.failure is not None:
        shown["error"] = {"code": entity.failure.code, "message": entity.failure.message}
    return shown


def evaluation(call: Call, entity: Evaluation, bases: frozenset[UUID], work: Work | None = None) -> JSON:
    """Evaluations. `bases` are the ids of the base models, which have addresses of their own."""
    uri = address(call, Evaluation, entity.id)
    properties: JSON = {}
    for number, score in enumerate(entity.scores or (PENDING_SCORE, PENDING_SCORE), start=1):
        properties |= {
            f"{name}{number}": value
            for name, value in score.items()
            if call.version.has_token_metrics or "token" not in name.lower()
        }
    if entity.comparison:
        properties |= entity.comparison
    return {
        "self": uri,
        "model1": model_reference(call, entity.model1_id, bases),
        "model2": model_reference(call, entity.model2_id, bases),
        "dataset": reference(call, Dataset, entity.dataset_id),
        "transcription1": reference(call, Transcription, entity.transcription1_id),
        "transcription2": reference(call, Transcription, entity.transcription2_id),
        "links": {"files": f"{uri}/files"},
        "properties": properties | _about_work(entity, work),
        **_state(call, entity),
    }


def model_reference(call: Call, id: UUID, bases: frozenset[UUID]) -> JSON:
    """How an entity names the model that it uses, base or custom."""
    return reference(call, BaseModel if id in bases else CustomModel, id)


def endpoint(call: Call, entity: Endpoint, bases: frozenset[UUID], work: Work | None = None) -> JSON:
    """Endpoints."""
    uri = address(call, Endpoint, entity.id)
    socket = "ws" + call.root.removeprefix("http")
    modes = {"Interactive": "interactive", "Conversation": "conversation", "Dictation": "dictation"}
    spoken = f"cognitiveservices/v1?cid={entity.id}"
    links = {f"rest{name}": f"{call.root}/speech/recognition/{mode}/{spoken}" for name, mode in modes.items()}
    links |= {f"webSocket{name}": f"{socket}/speech/recognition/{mode}/{spoken}" for name, mode in modes.items()}
    properties: JSON = {"loggingEnabled": entity.logging_enabled}
    if entity.time_to_live:
        properties["timeToLive"] = format_duration(entity.time_to_live)
    if entity.suspended:
        properties["suspended"] = True
    return {
        "self": uri,
        "model": model_reference(call, entity.model_id, bases),
        "links": links | {"logs": f"{uri}/files/logs"},
        "properties": properties | _about_work(entity, work),
        **_state(call, entity),
    }


def transcription(call: Call, entity: Transcription, bases: frozenset[UUID], work: Work | None = None) -> JSON:
    """Transcriptions. The URLs of the recordings are never shown again, nor is a signature."""
    uri = address(call, Transcription, entity.id)
    properties: JSON = {"diarizationEnabled": False, **describe_options(entity.options)}
    if entity.languages is not None:
        properties["languageIdentification"] = _languages(call, entity.languages, bases)
    if entity.destination is not None:
        properties["destinationContainerUrl"] = entity.destination
    if entity.time_to_live:
        properties["timeToLive"] = format_duration(entity.time_to_live)
    if entity.duration is not None:
        properties["duration"] = format_duration(entity.duration)
    shown: JSON = {"self": uri, "model": model_reference(call, entity.model_id, bases)}
    if entity.dataset_id is not None:
        shown["dataset"] = reference(call, Dataset, entity.dataset_id)
    return (
        shown
        | {"links": {"files": f"{uri}/files"}, "properties": properties | _about_work(entity, work)}
        | _state(call, entity)
    )


def _languages(call: Call, languages: Languages, bases: frozenset[UUID]) -> JSON:
    """The wish as it was sent: models that were not named are not shown."""
    shown: JSON = {"candidateLocales": [candidate.locale for candidate in languages.candidates]}
    if call.version.has_language_modes:
        shown["mode"] = "Continuous" if languages.is_continuous else "Single"
    mapped = {
        candidate.locale: model_reference(call, candidate.model_id, bases)
        for candidate in languages.candidates
        if candidate.is_mapped
    }
    return shown | ({"speechModelMapping": mapped} if mapped else {})


def webhook(call: Reached, entity: WebHook, work: Work | None = None) -> JSON:
    """Web hooks; that they have a secret is not shown, nor what it is. `work` is always None."""
    uri = address(call, WebHook, entity.id)
    return {
        "self": uri,
        "webUrl": entity.web_url,
        "events": dict.fromkeys(entity.events, True),
        "links": {"ping": f"{uri}:ping", "test": f"{uri}:test"},
        "properties": {"apiVersion": entity.api_version} | _about_work(entity, work),
        **_state(call, entity),
    }


def delivery(call: Call, entity: Delivery) -> JSON:
    """Deliveries to a web hook; what receivers answered is not shown but for the status."""
    uri = f"{address(call, WebHook, entity.hook_id)}/deliveries/{entity.id}"
    shown: JSON = {
        "self": uri,
        "invocationId": str(entity.id),
        "event": entity.event,
        "status": entity.status,
        "attempts": entity.attempt,
        "createdDateTime": time(entity.created_at),
        "lastActionDateTime": time(entity.last_action_at),
        "links": {"replay": f"{uri}:replay"},
    }
    if entity.entity:
        shown["entity"] = {"self": entity.entity}
    if entity.state is DeliveryState.WAITING and entity.attempt:
        shown["nextAttemptDateTime"] = time(entity.not_before)
    if entity.response_status is not None:
        shown["responseStatus"] = entity.response_status
    if entity.failure is not None:
        shown["error"] = {"code": entity.failure.code, "message": entity.failure.message}
    return shown


def file(call: Call, kind: type[Entity], entity: File, lifetime: timedelta) -> JSON:
    """Files; the link needs no key and ends by itself. In the user's own storage it is plain."""
    return _file(call, f"{address(call, kind, entity.owner_id)}/files/{entity.id}", entity, lifetime)


def log(call: Call, logs: str, entity: File, lifetime: timedelta) -> JSON:
    """Entries of logs; `logs` is the address of their list."""
    return _file(call, f"{logs}/{id_of(entity.created_at, entity.name)}", entity, lifetime)


def _file(call: Call, uri: str, entity: File, lifetime: timedelta) -> JSON:
    properties: JSON = {"size": entity.size_bytes}
    if entity.duration is not None:
        properties["duration"] = format_duration(entity.duration)
    return {
        "name": entity.name,
        "kind": entity.kind,
        "links": {"contentUrl": entity.blob if entity.is_elsewhere else link(call, f"/files/{entity.id}", lifetime)},
        "properties": properties,
        "createdDateTime": time(entity.created_at),
        "self": uri,
    }


def link(call: Call, path: str, lifetime: timedelta) -> str:
    """An address that needs no key and ends by itself.

    Raises: Invalid (InvalidSasValidityDuration) for one without a lifetime, which would have to be plain.
    """
    if not lifetime:
        raise Invalid(
            "InvalidSasValidityDuration",
            "sasValidityInSeconds=0 asks for links without a signature, which only files in your own storage have; ask "
            "for 1 second or more.",
            target="sasValidityInSeconds",
        )
    return f"{call.root}{quote(path)}?{call.signer.sign(path, (call.ctx.now() + lifetime).timestamp())}"
