"""Use cases of datasets: the three ways to get data in, and what validation makes of it."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset, TextNormalization
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.filters import Comparison, Filter, Operator, Property
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.ingest.base import AUDIO_FOLDER, Content, IngestLimits, IngestRequest
from speechsmith.net.fetch import FetchError, FetchPolicy, checked
from speechsmith.services import entities, publishing
from speechsmith.services.context import Context
from speechsmith.services.limits import largest_upload, limits_of
from speechsmith.store.blobs import prefix
from speechsmith.store.files import Block
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.tables import COLLECTIONS
from speechsmith.tasks.import_dataset import ImportDataset, Imported

MAX_BLOCK_BYTES = 8 * 1024 * 1024
MAX_BLOCKS = 50_000
MOST_USES = 20
MOST_LINES = 10
_BEGINNING_BYTES = 1 << 16
TRIES = 2
"""How many uploads the blocks of a dataset may amount to: who begins anew may take other ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataset:
    """What a user says about a new dataset."""

    labels: entities.Labels
    kind: CorpusKind
    content_url: str | None = None
    text_normalization: TextNormalization = TextNormalization.DEFAULT


def create(ctx: Context, resource_id: UUID, new: NewDataset, upload: Path | None = None) -> Dataset:
    """A dataset from a URL, from an uploaded file (which is moved away), or one that waits for blocks.

    Raises: Invalid, NotFound.
    """
    if new.content_url is not None:
        check_link(new.content_url)
    with ctx.store.read(resource_id) as tx:
        members = entities.checked_processed(ctx, tx, resource_id, new.labels)
    key = None
    if upload is not None:
        limits_of(ctx.settings).check_file(new.kind, upload.stat().st_size, target="data")
        key = prefix(resource_id, COLLECTIONS[Dataset], members["id"], "upload")
        ctx.blobs.put(key, upload)
    with publishing.purged_on_refusal(ctx, key), ctx.store.write(resource_id) as tx:
        if new.labels.project_id is not None:
            entities.check_project(tx, new.labels.project_id, members["locale"])
        dataset = Dataset(
            **members,
            kind=new.kind,
            content_url=new.content_url,
            text_normalization=new.text_normalization,
            upload=key,
        )
        tx.table(Dataset).add(dataset)
        if not dataset.awaits_blocks:
            entities.queue(ctx, tx, JobKind.IMPORT_DATASET, dataset)
    return dataset


def check_link(url: str) -> None:
    """Where it leads is checked when it is followed. Raises: Invalid for what can never be fetched."""
    try:
        checked(url)
    except FetchError as error:
        raise Invalid("InvalidParameterValue", f"contentUrl: {error}", target="contentUrl") from None


def delete(ctx: Context, resource_id: UUID, dataset_id: UUID) -> None:
    """Remove the dataset with its files and blocks. Raises: Conflict (InUseViolation) while something needs it."""
    entities.delete(ctx, resource_id, Dataset, dataset_id)


def put_block(ctx: Context, resource_id: UUID, dataset_id: UUID, block_id: str, part: Path) -> None:
    """Keep one block of an upload; the same id again replaces it. Raises: NotFound, Conflict, Invalid."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Dataset).get(dataset_id).check_takes_blocks()
        present = tx.blocks.of(dataset_id)
    check_block_id(block_id, present)
    others = sum(block.size_bytes for block in present if block.name != block_id)
    _check_total(others + part.stat().st_size, TRIES * ctx.settings.max_upload_bytes)
    blob = prefix(resource_id, COLLECTIONS[Dataset], dataset_id, "blocks", str(ctx.new_id()))
    size = ctx.blobs.put(blob, part)
    with publishing.purged_on_refusal(ctx, blob), ctx.store.write(resource_id) as tx:
        tx.table(Dataset).get(dataset_id).check_takes_blocks()
        former = tx.blocks.put(dataset_id, Block(block_id, blob, size))
        if former:
            tx.purges.add(former, ctx.now())


def check_block_id(block_id: str, present: Sequence[Block]) -> None:
    """Raises: Invalid (InvalidParameterValue) unless it is Base64 of at most 64 bytes, as long as its siblings."""
    try:
        decoded = base64.b64decode(block_id, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not 0 < len(decoded) <= 64:
        raise Invalid(
            "InvalidParameterValue", "blockid must be Base64 of 1 to 64 bytes, URL-encoded.", target="blockid"
        )
    if present and len(present[0].name) != len(block_id):
        raise Invalid(
            "InvalidParameterValue",
            f"blockid has {len(block_id)} characters, the others of this dataset have {len(present[0].name)}; "
            "all must be equally long.",
            target="blockid",
        )
    if len(present) >= MAX_BLOCKS and all(block.name != block_id for block in present):
        raise Invalid("InvalidParameterValue", f"A dataset has at most {MAX_BLOCKS} blocks.", target="blockid")


def blocks(ctx: Context, resource_id: UUID, dataset_id: UUID) -> list[Block]:
    """The blocks that wait for their commit. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Dataset).get(dataset_id)
        return tx.blocks.of(dataset_id)


def commit_blocks(ctx: Context, resource_id: UUID, dataset_id: UUID, names: Sequence[str]) -> None:
    """Join the blocks in the order given, and start the import. Raises: NotFound, Conflict, Invalid."""
    with ctx.store.read(resource_id) as tx:
        dataset = tx.table(Dataset).get(dataset_id)
        dataset.check_takes_blocks()
        present = {block.name: block for block in tx.blocks.of(dataset_id)}
    check_commit(ctx, names, present, dataset.kind)
    joined = ctx.part()
    try:
        with joined.open("wb") as out:
            for name in names:
                for chunk in ctx.blobs.read(present[name].blob, 0, present[name].size_bytes):
                    out.write(chunk)
        key = prefix(resource_id, COLLECTIONS[Dataset], dataset_id, f"upload-{ctx.new_id()}")
        ctx.blobs.put(key, joined)
    except FileNotFoundError:
        message = "A block was replaced or removed while the blocks were joined; list them, and commit again."
        raise Conflict("InvalidDataset", message) from None
    finally:
        joined.unlink(missing_ok=True)
    with publishing.purged_on_refusal(ctx, key), ctx.store.write(resource_id) as tx:
        dataset = tx.table(Dataset).get(dataset_id)
        dataset.check_takes_blocks()
        dataset = replace(dataset, upload=key)
        tx.table(Dataset).put(dataset)
        tx.blocks.delete(dataset_id)
        tx.purges.add(prefix(resource_id, COLLECTIONS[Dataset], dataset_id, "blocks"), ctx.now())
        entities.queue(ctx, tx, JobKind.IMPORT_DATASET, dataset)


def check_commit(ctx: Context, names: Sequence[str], present: dict[str, Block], kind: CorpusKind) -> None:
    """Raises: Invalid for an empty list, an unknown block, or more data than is taken."""
    if not names:
        raise Invalid("InvalidPayload", "The list of blocks is empty; name the blocks in their order.")
    for name in names:
        if name not in present:
            raise Invalid(
                "InvalidParameterValue", f"No block '{name[:100]}' was uploaded; upload it, then commit again."
            )
    total = sum(present[name].size_bytes for name in names)
    _check_total(total, ctx.settings.max_upload_bytes)
    limits_of(ctx.settings).check_file(kind, total, target="blocks")


def _check_total(total: int, most: int) -> None:
    if total > most:
        raise Invalid("InvalidDataset", f"The blocks have {total} bytes; at most {most} are taken.")


# what became of it


def trainable(ctx: Context, locale: str) -> frozenset[CorpusKind]:
    """The kinds of dataset that a model can be trained with, from one base model of the locale or another."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        bases = tx.table(BaseModel).page().values
    return frozenset(kind for base in bases if base.locale == locale for kind in base.trains_with)


def report(ctx: Context, resource_id: UUID, dataset_id: UUID) -> Mapping[str, Any] | None:
    """What the import has left out, and why; see docs/reference/dataset-report.md. None where there is none.

    Raises: NotFound.
    """
    with ctx.store.read(resource_id) as tx:
        tx.table(Dataset).get(dataset_id)
        found = tx.files.of(dataset_id, top=1, wanted=_is(FileKind.DATASET_REPORT))
    read: Mapping[str, Any] | None = orjson.loads(ctx.blobs.path(found[0].blob).read_bytes()) if found else None
    return read


def data_files(ctx: Context, resource_id: UUID, dataset_id: UUID) -> list[File]:
    """The files of a dataset but for the sounds of single utterances, which its archive has too. Raises: NotFound."""
    with ctx.store.read(resource_id) as tx:
        tx.table(Dataset).get(dataset_id)
        return tx.files.of(dataset_id, wanted=_is(FileKind.AUDIO, Operator.NE))


def first_lines(ctx: Context, files: Sequence[File]) -> list[str]:
    """How the text of a dataset begins, as it is kept; nothing of one with sounds."""
    text = next((file for file in files if file.kind in _TEXTS), None)
    if text is None:
        return []
    beginning = b"".join(ctx.blobs.read(text.blob, 0, min(text.size_bytes, _BEGINNING_BYTES)))
    lines = beginning.decode("utf-8-sig", "replace").split("\n")
    return [line for line in lines[: MOST_LINES + 1] if line][:MOST_LINES]


def uses(ctx: Context, resource_id: UUID, dataset_id: UUID) -> tuple[list[CustomModel], list[Evaluation]]:
    """The newest models that learn or have learned from a dataset, and tests on it: at most MOST_USES of each."""
    with ctx.store.read(resource_id) as tx:
        models = tx.table(CustomModel).naming(dataset_id, top=MOST_USES).values
        tests = tx.table(Evaluation).naming(dataset_id, top=MOST_USES).values
    return [model for model in models if dataset_id in model.dataset_ids], list(tests)


def _is(kind: FileKind, operator: Operator = Operator.EQ) -> Filter:
    return Comparison(Property("kind", "kind"), operator, kind)


_TEXTS = (FileKind.LANGUAGE_DATA, FileKind.PRONUNCIATION_DATA, FileKind.OUTPUT_FORMATTING_DATA)


# the job

_KINDS = {
    Content.REPORT: FileKind.DATASET_REPORT,
    Content.AUDIO: FileKind.AUDIO,
    Content.TEXT: FileKind.LANGUAGE_DATA,
    Content.PRONUNCIATIONS: FileKind.PRONUNCIATION_DATA,
    Content.OUTPUT_FORMATS: FileKind.OUTPUT_FORMATTING_DATA,
    Content.TRANSCRIPTS: FileKind.ACOUSTIC_DATA_TRANSCRIPTION,
}


def prepare(ctx: Context, job: Job) -> ImportDataset:
    """What the import needs."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        dataset = tx.table(Dataset).get(job.subject_id)
    settings = ctx.settings
    largest = largest_upload(settings, dataset.kind)
    return ImportDataset(
        kind=dataset.kind,
        upload=None if dataset.upload is None else ctx.blobs.path(dataset.upload),
        url=dataset.content_url if dataset.upload is None else None,
        request=IngestRequest(
            locale=dataset.locale,
            text_normalization=dataset.text_normalization,
            limits=IngestLimits(upload_bytes=largest, unpacked_bytes=settings.max_unpacked_bytes),
        ),
        policy=FetchPolicy(allow_private=settings.allow_private_urls, max_bytes=largest),
    )


def publish(ctx: Context, job: Job, result: Imported, _out: Path) -> None:
    """The dataset is Succeeded and has its files, or it is Failed and has its report."""
    folder = publishing.attempt_prefix(Dataset, job)
    found = publishing.subject(ctx, job, Dataset)
    upload = found.upload
    if result.fetched is not None:
        upload = f"{folder}/upload"
        ctx.blobs.put(upload, result.fetched)
    made = [
        publishing.NewFile(
            file.name.removeprefix(f"{AUDIO_FOLDER}/"),
            _KINDS[file.content],
            path=file.path,
            duration=None if file.duration is None else timedelta(seconds=file.duration),
        )
        for file in result.ingested.files
    ]
    if found.kind in (CorpusKind.ACOUSTIC, CorpusKind.AUDIO_FILES) and upload:
        size = ctx.blobs.path(upload).stat().st_size
        made.append(publishing.NewFile("archive.zip", FileKind.ACOUSTIC_DATA_ARCHIVE, blob=upload, size_bytes=size))
    files = publishing.keep(ctx, job, Dataset, made)
    seconds = result.ingested.duration
    with publishing.finishing(ctx, job, Dataset) as (tx, dataset):
        tx.files.add(files)
        tx.table(Dataset).put(
            replace(dataset, upload=upload).validated(
                ctx.now(),
                accepted=result.ingested.accepted,
                rejected=result.ingested.rejected,
                duration=None if seconds is None else timedelta(seconds=seconds),
                folder=folder,
                failure=result.failure,
            )
        )
