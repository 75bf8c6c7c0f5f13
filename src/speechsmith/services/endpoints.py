"""Use cases of endpoints: deploy a model, change it without a gap, suspend and resume it, and find out what serves.

Whatever is done is written into the history of the endpoint, in the same transaction. `by` is who does it; None: nobody
says.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from speechsmith.asr.types import Corpus
from speechsmith.domain.deployments import Actor, Deployment, Step
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.logs import LogBook
from speechsmith.domain.models import BaseModel, CustomModel, Model
from speechsmith.domain.status import Status
from speechsmith.domain.values import Failure, check_locale
from speechsmith.engines.base import AdaptOptions, ModelFiles
from speechsmith.services import entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.store.blobs import prefix
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS
from speechsmith.tasks.deploy import Deploy, Deployed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """What a user says about a new endpoint. Without a model it serves the default base of the locale."""

    labels: entities.Labels
    model_id: UUID | None = None
    text: str | None = None
    logging_enabled: bool = False
    time_to_live: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers requests: a model and its files, its locale, and the file that tells how its phrases are written.

    `book` is where they are logged. `notice` is a sentence for the caller when it is not the model that he asked for.
    """

    model_id: UUID
    model: ModelFiles
    locale: str
    book: LogBook
    style: Path | None = None
    notice: str = ""


def create(ctx: Context, resource_id: UUID, new: NewEndpoint, *, by: Actor | None = None) -> Endpoint:
    """Register an endpoint, and queue its deployment. Raises: Invalid, NotFound."""
    endpoint_id = ctx.new_id()
    folder = prefix(resource_id, COLLECTIONS[Endpoint], endpoint_id)
    with model_choice.kept_text(ctx, folder, new.text) as text, ctx.store.write(resource_id) as tx:
        members = entities.checked_processed(ctx, tx, resource_id, new.labels) | {"id": endpoint_id}
        model = model_choice.usable(ctx, tx, new.model_id, members["locale"])
        if text and isinstance(model, CustomModel):
            raise Invalid(
                "InvalidPayload", "text adapts a base model; give text or a custom model, not both.", target="text"
            )
        endpoint = Endpoint(
            **members,
            model_id=model.id,
            text=text,
            logging_enabled=new.logging_enabled,
            time_to_live=new.time_to_live,
        )
        tx.table(Endpoint).add(endpoint)
        tx.deployments.add(_step(ctx, endpoint, Step.CREATED, by))
        entities.queue(ctx, tx, JobKind.DEPLOY, endpoint, priority=10)
    return endpoint


def update(
    ctx: Context,
    resource_id: UUID,
    endpoint_id: UUID,
    change: entities.Change,
    *,
    model_id: UUID | None = None,
    logging_enabled: bool | None = None,
    by: Actor | None = None,
) -> Endpoint:
    """Change labels, logging, or the model: then it is deployed again, and the former model serves meanwhile.

    The same model again is a second try where the deployment has failed, else no change.

    Raises: NotFound, Invalid, Conflict (EndpointNotUpdatable) while a deployment is under way.
    """
    with ctx.store.write(resource_id) as tx:
        endpoint = entities.changed(tx, entities.get_to_change(tx, Endpoint, endpoint_id, change), change)
        if logging_enabled is not None:
            endpoint = replace(endpoint, logging_enabled=logging_enabled)
        if model_id is not None and (model_id != endpoint.model_id or endpoint.status is Status.FAILED):
            model = model_choice.usable(ctx, tx, model_id, endpoint.locale)
            step = Step.AGAIN if model.id == endpoint.model_id else Step.CHANGED
            endpoint = endpoint.redeploying(ctx.now(), model.id)
            tx.deployments.add(_step(ctx, endpoint, step, by))
            entities.queue(ctx, tx, JobKind.DEPLOY, endpoint, priority=10)
        tx.table(Endpoint).put(endpoint)
        return endpoint


def suspend(ctx: Context, resource_id: UUID, endpoint_id: UUID, *, by: Actor | None = None) -> Endpoint:
    """Let an endpoint answer nobody until it is resumed; twice is as good as once.

    It keeps its id, its model and its status, and a deployment that is under way goes on. Raises: NotFound.
    """
    with ctx.store.write(resource_id) as tx:
        endpoint = tx.table(Endpoint).get(endpoint_id)
        if not endpoint.suspended:
            endpoint = replace(endpoint, suspended=True)
            tx.table(Endpoint).put(endpoint)
            step = _step(ctx, endpoint, Step.SUSPENDED, by)
            tx.deployments.add(step.begun(step.asked_at))
        return endpoint


def resume(ctx: Context, resource_id: UUID, endpoint_id: UUID, *, by: Actor | None = None) -> Endpoint:
    """Let a suspended endpoint answer again: its model is deployed anew, and what served before serves meanwhile.

    One that is not suspended stays as it is. Raises: NotFound.
    """
    with ctx.store.write(resource_id) as tx:
        endpoint = tx.table(Endpoint).get(endpoint_id)
        if endpoint.suspended:
            if endpoint.status.is_final:
                entities.queue(ctx, tx, JobKind.DEPLOY, endpoint, priority=10)
            endpoint = endpoint.resumed(ctx.now())
            tx.table(Endpoint).put(endpoint)
            step = _step(ctx, endpoint, Step.RESUMED, by)
            for former in tx.deployments.of(endpoint.id):
                if former.step is Step.SUSPENDED and former.is_lasting:
                    tx.deployments.put(former.ended(step.asked_at))
            tx.deployments.add(step)
        return endpoint


def history(ctx: Context, resource_id: UUID, endpoint_id: UUID) -> Sequence[Deployment]:
    """What an endpoint was given, by whom, and what came of it, newest first. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Endpoint).get(endpoint_id)
        return tx.deployments.of(endpoint_id)


def _step(ctx: Context, endpoint: Endpoint, step: Step, by: Actor | None) -> Deployment:
    """A step in the history: a suspension with the model that answered, all others with what was asked for."""
    assert endpoint.resource_id is not None
    return Deployment(
        resource_id=endpoint.resource_id,
        endpoint_id=endpoint.id,
        step=step,
        model_id=endpoint.serving_id or endpoint.model_id if step is Step.SUSPENDED else endpoint.model_id,
        by=by,
        asked_at=ctx.now(),
    )


def asked(ctx: Context, resource_id: UUID, *, cid: str | None, language: str | None) -> Serving:
    """What a request asks for by its query: an endpoint by its id, or else the default base model of a language.

    Raises: Invalid, for all that is wrong with either.
    """
    if cid:
        try:
            endpoint_id = UUID(cid)
        except ValueError:
            raise Invalid(
                "InvalidParameterValue", f"cid, the id of an endpoint, is none: {cid[:40]!r}.", target="cid"
            ) from None
        try:
            return serving(ctx, resource_id, endpoint_id)
        except (NotFound, Conflict) as error:
            raise Invalid(error.code, error.message, target="cid") from None
    if not language:
        raise Invalid(
            "InvalidParameterValue",
            "Name the language, such as ?language=en-US, or an endpoint by cid.",
            target="language",
        )
    return default_serving(ctx, resource_id, language)


def serving(ctx: Context, resource_id: UUID, endpoint_id: UUID) -> Serving:
    """What an endpoint answers with at this moment.

    Raises: NotFound, Conflict while it is suspended (EndpointSuspended), or nothing is deployed yet.
    """
    with ctx.store.read(resource_id) as tx:
        endpoint = tx.table(Endpoint).get(endpoint_id)
        if endpoint.suspended:
            raise Conflict(
                "EndpointSuspended",
                f"The endpoint '{endpoint.display_name}' is suspended and answers nobody; resume it first.",
            )
        if endpoint.serving_id is None:
            raise Conflict(
                "ModelDeploymentNotCompleteState",
                f"The endpoint '{endpoint.display_name}' is {endpoint.status}; it can be used once it is Succeeded.",
            )
        model = model_choice.find(tx, endpoint.serving_id)
        instead = model_choice.default_base(tx, endpoint.locale) if model_choice.is_expired(ctx, model) else None
        base = instead or model_choice.base_of(tx, model)
    if instead is not None:
        return _instead(ctx, endpoint, model, instead)
    files, style = model_choice.files_of(ctx, model, base), model_choice.style_of(ctx, model)
    if endpoint.folder is not None:
        files = replace(files, custom=ctx.blobs.folder(endpoint.folder))
        style = model_choice.style_in(ctx, endpoint.folder)
    return Serving(model.id, files, endpoint.locale, LogBook.endpoint(endpoint), style)


def _instead(ctx: Context, endpoint: Endpoint, expired: Model, base: BaseModel) -> Serving:
    """What an endpoint answers with when the time of its model is over: the default base, and it says so."""
    log.warning("model expired endpoint=%s model=%s answers=%s", endpoint.id, expired.id, base.id)
    ended = model_choice.deadlines(ctx, expired).transcription
    notice = (
        f"The model '{expired.display_name}' has expired, on {ended:%Y-%m-%d}; the base model "
        f"'{base.display_name}' answers instead. Train it again, and give it to the endpoint."
    )
    files = model_choice.files_of(ctx, base, base)
    return Serving(base.id, files, endpoint.locale, LogBook.endpoint(endpoint), notice=notice)


def default_serving(ctx: Context, resource_id: UUID, locale: str) -> Serving:
    """The default base model of a locale. Raises: Invalid (InvalidLocale)."""
    with ctx.store.read(resource_id) as tx:
        known = entities.supported_locales(tx)
        base = model_choice.default_base(tx, check_locale(locale, known))
    files = model_choice.files_of(ctx, base, base)
    return Serving(base.id, files, base.locale, LogBook.base(resource_id, base.locale))


# the job


def prepare(ctx: Context, job: Job) -> Deploy:
    """What deployment needs."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        endpoint = tx.table(Endpoint).get(job.subject_id)
        model = model_choice.find(tx, endpoint.model_id)
        base = model_choice.base_of(tx, model)
    corpus = None
    if endpoint.text is not None:
        corpus = Corpus(locale=endpoint.locale, text=(ctx.blobs.path(endpoint.text),))
    return Deploy(model=model_choice.files_of(ctx, model, base), corpus=corpus, options=AdaptOptions())


def publish(ctx: Context, job: Job, result: Deployed, out: Path) -> None:
    """The endpoint serves its model."""
    folder = None
    if result.has_own_model:
        folder = f"{publishing.attempt_prefix(Endpoint, job)}/model"
        ctx.blobs.put_tree(folder, out / "model")
    with publishing.finishing(ctx, job, Endpoint) as (tx, endpoint):
        now = ctx.now()
        tx.table(Endpoint).put(endpoint.deployed(now, folder=folder))
        for step in tx.deployments.of(endpoint.id):
            if step.is_pending:
                tx.deployments.put(step.begun(now))
            elif step.is_lasting and step.step is not Step.SUSPENDED:
                tx.deployments.put(step.ended(now, expired_at=_expired(ctx, tx, step.model_id)))


def _expired(ctx: Context, tx: Transaction, model_id: UUID) -> datetime | None:
    """When the time of a model was over; None: it is not, or the model is gone."""
    try:
        model = model_choice.find(tx, model_id)
    except NotFound:
        return None
    return model_choice.deadlines(ctx, model).transcription if model_choice.is_expired(ctx, model) else None


def failed(tx: Transaction, job: Job, now: datetime, failure: Failure) -> None:
    """The endpoint is Failed, and so is what was to be deployed; what serves goes on."""
    publishing.mark_failed(Endpoint, tx, job, now, failure)
    for step in tx.deployments.of(job.subject_id):
        if step.is_pending:
            tx.deployments.put(step.failed(failure))
