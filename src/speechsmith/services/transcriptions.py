"""Use cases of batch transcription."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Invalid
from speechsmith.domain.evaluations import check_testable
from speechsmith.domain.files import FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import Model
from speechsmith.domain.transcriptions import (
    MODEL_MAPPING,
    Candidate,
    Languages,
    LanguageWish,
    Transcription,
    TranscriptionOptions,
    check_sources,
)
from speechsmith.net.containers import READ_AND_LIST, WRITE, problem
from speechsmith.net.fetch import FetchPolicy
from speechsmith.services import entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.tasks.listening import Listener
from speechsmith.tasks.outcomes import Destination, Outcome
from speechsmith.tasks.recordings import Recording
from speechsmith.tasks.transcribe import Transcribe, Transcribed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTranscription:
    """What a user says about a new transcription. `model_id` None: the default base of the locale."""

    labels: entities.Labels
    model_id: UUID | None = None
    content_urls: tuple[str, ...] = ()
    content_container_url: str | None = field(default=None, repr=False)
    dataset_id: UUID | None = None
    destination_container_url: str | None = field(default=None, repr=False)
    options: TranscriptionOptions = field(default_factory=TranscriptionOptions)
    time_to_live: timedelta | None = None
    languages: LanguageWish | None = None


def create(ctx: Context, resource_id: UUID, new: NewTranscription) -> Transcription:
    """Register a transcription, and queue the work. Raises: Invalid, NotFound."""
    check_sources(new.content_urls, new.content_container_url, has_dataset=new.dataset_id is not None)
    _check_containers(ctx, new)
    with ctx.store.write(resource_id) as tx:
        members = entities.checked_processed(ctx, tx, resource_id, new.labels)
        if new.dataset_id is not None:
            check_testable(tx.table(Dataset).get(new.dataset_id), locale=members["locale"])
        mapped = () if new.languages is None else new.languages.mapped.values()
        for model_id in sorted({*mapped, *([] if new.model_id is None else [new.model_id])}):
            model_choice.find(tx, model_id)  # locked in one order, behind the dataset, as those of evaluations are
        model = model_choice.usable(ctx, tx, new.model_id, members["locale"])
        transcription = Transcription(
            **members,
            model_id=model.id,
            content_urls=new.content_urls,
            content_container_url=new.content_container_url,
            destination_container_url=new.destination_container_url,
            dataset_id=new.dataset_id,
            options=new.options,
            languages=None if new.languages is None else _languages(ctx, tx, new.languages, model),
            time_to_live=new.time_to_live,
        )
        tx.table(Transcription).add(transcription)
        entities.queue(ctx, tx, JobKind.TRANSCRIBE, transcription)
    return transcription


def _languages(ctx: Context, tx: Transaction, wish: LanguageWish, main: Model) -> Languages:
    """The candidates with their models: `main`, that of the transcription, for its own locale unless one is mapped.

    Raises: Invalid, NotFound.
    """
    wish = wish.checked(main.locale, entities.supported_locales(tx))
    candidates = []
    for locale in wish.candidates:
        named = wish.mapped.get(locale)
        try:
            is_main = named is None and locale == main.locale
            model = main if is_main else model_choice.usable(ctx, tx, named, locale)
        except Invalid as error:
            raise Invalid(error.code, error.message, target=MODEL_MAPPING) from None
        candidates.append(Candidate(locale=locale, model_id=model.id, is_mapped=named is not None))
    return Languages(candidates=tuple(candidates), is_continuous=wish.is_continuous)


def _check_containers(ctx: Context, new: NewTranscription) -> None:
    """Raises: Invalid for what could never be read or written. Where it leads is checked when it is used."""
    wishes = (
        ("contentContainerUrl", new.content_container_url, READ_AND_LIST, "InvalidRecordingsUri"),
        ("properties.destinationContainerUrl", new.destination_container_url, WRITE, "InvalidParameterValue"),
    )
    for target, url, permissions, code in wishes:
        if url is not None and (wrong := problem(url, permissions=permissions, now=ctx.now())):
            raise Invalid(code, f"{target} cannot be used: it {wrong}", target=target)


# the job


def prepare(ctx: Context, job: Job) -> Transcribe:
    """What the transcription needs."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        transcription = tx.table(Transcription).get(job.subject_id)
        wanted = () if transcription.languages is None else transcription.languages.candidates
        ids = {transcription.model_id, *(candidate.model_id for candidate in wanted)}
        models = {id: model_choice.find(tx, id) for id in ids}
        bases = {id: model_choice.base_of(tx, model) for id, model in models.items()}
        owned = [] if transcription.dataset_id is None else tx.files.of(transcription.dataset_id)
    recordings: Sequence[Recording]
    if transcription.dataset_id is None:
        recordings = [
            Recording(source=url, name=f"contenturl_{number}", url=url)
            for number, url in enumerate(transcription.content_urls)
        ]
    else:
        recordings = [
            Recording(source=item.name, name=item.name, path=item.audio)
            for item in model_choice.distinct(model_choice.utterances(ctx, owned))
        ]
    settings = ctx.settings

    def listener(locale: str, model_id: UUID) -> Listener:
        files = model_choice.files_of(ctx, models[model_id], bases[model_id])
        return Listener(locale=locale, model=files, style=model_choice.style_of(ctx, models[model_id]))

    return Transcribe(
        listener=listener(transcription.locale, transcription.model_id),
        candidates=tuple(listener(candidate.locale, candidate.model_id) for candidate in wanted),
        is_continuous=transcription.languages is None or transcription.languages.is_continuous,
        recordings=tuple(recordings),
        container=transcription.content_container_url,
        destination=_destination(transcription),
        options=transcription.options,
        policy=FetchPolicy(allow_private=settings.allow_private_urls, max_bytes=settings.max_upload_bytes),
        max_seconds=settings.max_audio_hours * 3600,
        processes=settings.processes,
    )


def _destination(transcription: Transcription) -> Destination | None:
    url = transcription.destination_container_url
    return None if url is None else Destination(url=url, folder=str(transcription.id))


def _file(made: Outcome, kind: FileKind, out: Path) -> publishing.NewFile:
    path = out / made.path if made.path else None
    return publishing.NewFile(made.name, kind, path=path, blob=made.address, size_bytes=made.bytes)


def publish(ctx: Context, job: Job, result: Transcribed, out: Path) -> None:
    """The transcription is Succeeded, or Failed when no recording could be read; either way it has its report."""
    made = [_file(one, FileKind.TRANSCRIPTION, out) for one in result.files]
    report = _file(result.report, FileKind.TRANSCRIPTION_REPORT, out)
    files = publishing.keep(ctx, job, Transcription, [*made, report])
    with publishing.finishing(ctx, job, Transcription) as (tx, found):
        tx.files.add(files)
        transcription = replace(found, duration=timedelta(seconds=result.duration))
        now = ctx.now()
        tx.table(Transcription).put(
            transcription.succeeded(now) if result.failure is None else transcription.failed(now, result.failure)
        )
