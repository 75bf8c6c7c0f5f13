"""Use cases of the Editor: copies of recordings, whose texts people write and mend, and then save as a dataset."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import EditedFile, Edition, Listening, Tally, check_editable
from speechsmith.domain.errors import Conflict, Invalid, NotFound
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.projects import Project
from speechsmith.domain.status import Status
from speechsmith.ingest.acoustic import FILE as TRANSCRIPT_FILE
from speechsmith.ingest.base import IngestLimits
from speechsmith.ingest.codes import HINTS
from speechsmith.ingest.rules import TextRules, cleaned
from speechsmith.services import entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.services.limits import largest_upload
from speechsmith.store.entities import Page
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.tasks.import_to_editor import ImportToEditor, Recording

_MOST_NUMBER = 1 << 31  # databases count no further


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdition:
    """What a user says about a new edition. `model_id` None: the default base model listens, if one does."""

    labels: entities.Labels
    dataset_ids: Sequence[UUID]
    listening: Listening = Listening.UNTRANSCRIBED
    model_id: UUID | None = None


class Share(StrEnum):
    """Which files an export takes. Those without a text are left out of each."""

    ACCEPTED = "accepted"
    ALL = "all"
    TICKED = "ticked"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to export; `numbers` are those that he has ticked."""

    share: Share
    numbers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a file, from somebody who has seen a version of it. `accept` None: it is accepted as it was."""

    text: str
    version: int
    accept: bool | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files an export takes, and how many it leaves out since they have no text."""

    files: int
    wordless: int


def create(ctx: Context, resource_id: UUID, new: NewEdition) -> Edition:
    """An edition of datasets, which a job fills. Raises: Invalid, NotFound."""
    with ctx.store.write(resource_id) as tx:
        members = entities.checked_processed(ctx, tx, resource_id, new.labels)
        datasets = _editable(tx, new.dataset_ids, members["locale"], new.labels.project_id)
        listening = new.listening
        if listening is Listening.UNTRANSCRIBED and all(one.kind is CorpusKind.ACOUSTIC for one in datasets):
            listening = Listening.NONE
        model = None
        if listening is not Listening.NONE:
            model = model_choice.usable(ctx, tx, new.model_id, members["locale"])
        edition = Edition(
            **members,
            dataset_ids=tuple(one.id for one in datasets),
            listening=listening,
            model_id=None if model is None else model.id,
        )
        tx.table(Edition).add(edition)
        entities.queue(ctx, tx, JobKind.IMPORT_TO_EDITOR, edition)
    return edition


def check_datasets(ctx: Context, resource_id: UUID, ids: Sequence[UUID], project: Project) -> None:
    """Raises: Invalid unless there is something to edit, and all of it can be."""
    with ctx.store.read(resource_id) as tx:
        _editable(tx, ids, project.locale, project.id)


def _editable(tx: Transaction, ids: Sequence[UUID], locale: str, project_id: UUID | None) -> list[Dataset]:
    """The datasets, locked in one order by all. Raises: Invalid."""
    if not ids:
        raise Invalid("InvalidDataset", "Choose at least one dataset with recordings.", target="dataset")
    try:
        found = {id: tx.table(Dataset).get(id) for id in sorted(set(ids))}
    except NotFound as error:
        raise Invalid("InvalidDataset", error.message, target="dataset") from None
    for dataset in found.values():
        if project_id is not None and dataset.project_id != project_id:
            raise Invalid(
                "InvalidDataset",
                f"The dataset '{dataset.display_name}' does not belong to this project; choose one that does.",
                target="dataset",
            )
        check_editable(dataset, locale=locale)
    return [found[id] for id in dict.fromkeys(ids)]


def delete(ctx: Context, resource_id: UUID, edition_id: UUID) -> None:
    """Remove the edition with its recordings and texts; what was exported stays."""
    entities.delete(ctx, resource_id, Edition, edition_id)


# what is in it


def tallies(ctx: Context, resource_id: UUID, ids: Sequence[UUID]) -> Mapping[UUID, Tally]:
    """How far the work on editions is."""
    with ctx.store.read(resource_id) as tx:
        found = tx.edited.tallies(ids)
    return {id: found.get(id, Tally()) for id in ids}


def page(
    ctx: Context, resource_id: UUID, edition_id: UUID, *, is_accepted: bool | None, skip: int, top: int
) -> Page[EditedFile]:
    """Some of the files of an edition, in their order. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Edition).get(edition_id)
        found = tx.edited.page(edition_id, is_accepted=is_accepted, skip=skip, top=top + 1)
    return Page(found[:top], has_more=len(found) > top)


def file(ctx: Context, resource_id: UUID, edition_id: UUID, number: int) -> EditedFile:
    """One of its files. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        return _file(tx, edition_id, number)


def sound(ctx: Context, resource_id: UUID, edition_id: UUID, number: int) -> tuple[File, Path]:
    """The recording of a file, and where it lies on this machine. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        kept = tx.files.get(_file(tx, edition_id, number).audio_id, owner_id=edition_id)
    try:
        return kept, ctx.blobs.path(kept.blob)
    except FileNotFoundError:  # deleted meanwhile
        raise NotFound("recording", number) from None


def _file(tx: Transaction, edition_id: UUID, number: int) -> EditedFile:
    tx.table(Edition).get(edition_id)
    if not 0 < number < _MOST_NUMBER:
        raise NotFound("recording", number)
    return tx.edited.get(edition_id, number)


def next_draft(ctx: Context, resource_id: UUID, edition_id: UUID, *, after: int) -> int | None:
    """The number of the next file that nobody has accepted, from the first on where none is behind; None: all are."""
    with ctx.store.read(resource_id) as tx:
        return tx.edited.first_draft(edition_id, after=after) or tx.edited.first_draft(edition_id)


# what people do with it


def save(ctx: Context, resource_id: UUID, edition_id: UUID, number: int, written: Written) -> EditedFile:
    """Keep the text of a file.

    Raises: NotFound, Conflict (TextChanged), Invalid for an accepted text that no dataset takes.
    """
    with ctx.store.write(resource_id) as tx:
        edition = tx.table(Edition).get(edition_id)
        found = _file(tx, edition_id, number)
        is_accepted = found.is_accepted if written.accept is None else written.accept
        text = cleaned(written.text)
        if is_accepted:
            _check_accepted(text, edition.locale)
        saved = found.edited(text, is_accepted=is_accepted, version=written.version)
        tx.edited.put(edition_id, saved)
        return saved


def _check_accepted(text: str, locale: str) -> None:
    """Raises: Invalid, now and not when the dataset is made, for what an import leaves out."""
    if not text:
        raise Invalid(
            "NoWords",
            "There is no text to accept. Write what is said; leave a recording in which nobody speaks as a draft.",
            target="text",
        )
    _, problem = TextRules(locale.partition("-")[0].lower()).check(text)
    if problem:
        raise Invalid(problem.code, f"{problem.message} {HINTS[problem.code]}", target="text")


def exported(ctx: Context, resource_id: UUID, edition_id: UUID, wish: Wish) -> Exported:
    """What an export would take. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Edition).get(edition_id)
        files, texts = tx.edited.written(
            edition_id,
            numbers=sorted(set(wish.numbers)) if wish.share is Share.TICKED else None,
            is_accepted=True if wish.share is Share.ACCEPTED else None,
        )
    return Exported(texts, files - texts)


@contextmanager
def packed(ctx: Context, resource_id: UUID, edition_id: UUID, wish: Wish) -> Iterator[Path]:
    """What is exported as an archive such as users upload; in the block it may be moved away.

    Raises: NotFound, Conflict while the edition is not filled, Invalid for nothing, or more than one dataset takes.
    """
    with ctx.store.read(resource_id) as tx:
        edition = tx.table(Edition).get(edition_id)
        if wish.share is Share.TICKED:
            found = tx.edited.numbered(edition_id, sorted(set(wish.numbers)))
        else:
            found = tx.edited.page(edition_id, is_accepted=True if wish.share is Share.ACCEPTED else None)
        sounds = {file.id: file for file in tx.files.of(edition_id)}
    if edition.status is not Status.SUCCEEDED:
        raise Conflict("Conflict", f"'{edition.display_name}' is {edition.status}; there is nothing to export.")
    files = [(one, sounds[one.audio_id]) for one in found if one.text and one.audio_id in sounds]
    _check_fits(ctx, files)
    part = ctx.part()
    try:
        with zipfile.ZipFile(part, "w") as archive:  # sound hardly gets smaller
            for one, kept in files:
                archive.write(ctx.blobs.path(kept.blob), one.name)
            archive.writestr(TRANSCRIPT_FILE, "".join(f"{one.name}\t{one.text}\n" for one, _ in files))
        yield part
    except FileNotFoundError:  # deleted meanwhile
        raise NotFound("Editor dataset", edition_id) from None
    finally:
        part.unlink(missing_ok=True)


def _check_fits(ctx: Context, files: Sequence[tuple[EditedFile, File]]) -> None:
    if not files:
        raise Invalid(
            "NothingToExport",
            "There is nothing to export: accept the files whose text is right, or tick files that have a text.",
        )
    most_files = IngestLimits().archive_files - 1  # the transcript is one, too
    size, most = sum(kept.size_bytes for _, kept in files), largest_upload(ctx.settings, CorpusKind.ACOUSTIC)
    if len(files) > most_files or size > most:
        raise Invalid(
            "TooMuchToExport",
            f"There are {len(files)} files with {size} bytes; a dataset takes at most {most_files} files and {most} "
            "bytes. Tick some of them, and export the others later.",
        )


# the job


def prepare(ctx: Context, job: Job) -> ImportToEditor:
    """The recordings of all datasets, and the model that listens."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        edition = tx.table(Edition).get(job.subject_id)
        owned = [tx.files.of(id) for id in edition.dataset_ids]
        model = None if edition.model_id is None else model_choice.find(tx, edition.model_id)
        base = None if model is None else model_choice.base_of(tx, model)
    utterances = [one for files in owned for one in model_choice.distinct(model_choice.utterances(ctx, files))]
    return ImportToEditor(
        utterances=tuple(utterances),
        locale=edition.locale,
        listening=edition.listening,
        model=None if model is None or base is None else model_choice.files_of(ctx, model, base),
        style=None if model is None else model_choice.style_of(ctx, model),
        processes=ctx.settings.processes,
    )


def publish(ctx: Context, job: Job, result: Sequence[Recording], _out: Path) -> None:
    """The edition is Succeeded, and has its recordings with their texts."""
    made = [publishing.NewFile(one.name, FileKind.AUDIO, path=one.path, duration=one.duration) for one in result]
    sounds = publishing.keep(ctx, job, Edition, made)
    files = [
        EditedFile(
            number=number,
            name=one.name,
            audio_id=sound.id,
            duration=one.duration,
            text=one.transcript or one.heard or "",
            heard=one.heard,
        )
        for number, (one, sound) in enumerate(zip(result, sounds, strict=True), start=1)
    ]
    with publishing.finishing(ctx, job, Edition) as (tx, edition):
        tx.files.add(sounds)
        tx.edited.add(edition.id, job.resource_id, files)
        duration = sum((one.duration for one in result), timedelta())
        tx.table(Edition).put(replace(edition, duration=duration).succeeded(ctx.now()))
