"""Use cases of bundles: a trained model goes out as one file, and the same model is made of it elsewhere.

An import looks at every byte of a bundle before it writes the first, and then keeps blobs first and the row last, as a
job does. So a model is there as a whole or not at all, wherever an import is cut off.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.status import Status
from speechsmith.services import entities, model_choice, publishing
from speechsmith.services.context import Context
from speechsmith.store import bundle_file
from speechsmith.store.blobs import prefix
from speechsmith.store.bundle_file import DIGESTS, MODEL, REPORT, Base, Manifest, inspect
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction
from speechsmith.store.tables import COLLECTIONS

_SHORT_BYTES = 2_000


def find(ctx: Context, model_id: UUID) -> CustomModel:
    """A custom model of any resource, for the operator. Raises: NotFound, Invalid (InvalidModel) for a base model."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        found = model_choice.find(tx, model_id)
    if isinstance(found, CustomModel):
        return found
    raise Invalid("InvalidModel", "This is a base model, which comes with its engine; only custom models are bundled.")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a bundle of a model is made of: its base, the base's folder, and each file by its name in the bundle.

    `made` is when the training ended.
    """

    base: BaseModel
    base_folder: Path
    files: Mapping[str, Path]
    made: datetime


def parts(ctx: Context, model: CustomModel) -> Parts:
    """Raises: Invalid (InvalidModel, InvalidBaseModel) without files or base, NotFound when it is deleted meanwhile."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        base = model_choice.base_of(tx, model)
        report = next((file for file in tx.files.of(model.id) if file.kind is FileKind.MODEL_REPORT), None)
    if model.folder is None:
        raise Invalid("InvalidModel", f"The model '{model.display_name}' is {model.status} and has no files.")
    if report is None or model.digests is None:
        raise NotFound("model", model.id)
    try:
        files = {DIGESTS: ctx.blobs.path(model.digests), REPORT: ctx.blobs.path(report.blob)}
    except FileNotFoundError:
        raise NotFound("model", model.id) from None
    folder = ctx.blobs.folder(model.folder)
    for path in folder.rglob("*"):
        if path.is_file():
            files[f"{MODEL}/{path.relative_to(folder).as_posix()}"] = path
    return Parts(base, model_choice.base_folder(ctx, base), files, report.created_at)


def write(ctx: Context, model: CustomModel, target: Path) -> Manifest:
    """Put a model into a bundle. `target` is there as a whole, or stays what it was.

    Raises: as `parts`; Invalid (InvalidModel) when it cannot be bundled, OSError.
    """
    found = parts(ctx, model)
    with _present(model, target):
        manifest = Manifest(
            display_name=model.display_name,
            description=model.description,
            custom_properties=dict(model.custom_properties),
            locale=model.locale,
            made=found.made,
            custom_model_weight_percent=model.weight_percent,
            base=Base(
                engine=found.base.engine,
                released=found.base.released,
                sha256=bundle_file.folder_digest(found.base_folder),
            ),
            training=_short(orjson.loads(found.files[REPORT].read_bytes())),
            files=bundle_file.described(found.files),
        )
        bundle_file.write(target, manifest, found.files)
    return manifest


def publish(ctx: Context, resource_id: UUID, path: Path, *, project_id: UUID | None = None) -> CustomModel:
    """Make a Succeeded model of a resource from a bundle; it has no datasets.

    Raises: as `inspect`; Invalid (InvalidLocale, InvalidBaseModel) when the locale or the base is not installed or is
    another, NotFound for the project.
    """
    manifest = inspect(path)
    labels = entities.Labels(
        display_name=manifest.display_name,
        locale=manifest.locale,
        description=manifest.description,
        custom_properties=manifest.custom_properties,
        project_id=project_id,
    )
    with ctx.store.read(resource_id) as tx:  # what the write below would refuse is refused before anything is kept
        entities.checked_processed(ctx, tx, resource_id, labels)
        base = installed(tx, manifest.base, manifest.locale)
    check_same(ctx, base, manifest.base)
    model_id = ctx.new_id()
    folder = prefix(resource_id, COLLECTIONS[CustomModel], model_id, "import")
    report_bytes = keep(ctx, path, manifest, folder)[REPORT]
    with publishing.purged_on_refusal(ctx, folder), ctx.store.write(resource_id) as tx:
        model = CustomModel(
            **entities.checked_processed(ctx, tx, resource_id, labels) | {"id": model_id},
            status=Status.SUCCEEDED,
            base_model_id=base.id,
            weight_percent=manifest.custom_model_weight_percent,
            folder=f"{folder}/{MODEL}",
            digests=f"{folder}/{DIGESTS}",
        )
        report = File(
            id=ctx.new_id(),
            resource_id=resource_id,
            owner_id=model_id,
            name=REPORT,
            kind=FileKind.MODEL_REPORT,
            blob=f"{folder}/{REPORT}",
            size_bytes=report_bytes,
            created_at=manifest.made,
        )
        tx.table(CustomModel).add(model)
        tx.files.add([report])
    return model


@contextmanager
def _present(model: CustomModel, target: Path) -> Iterator[None]:
    """What is missing in the block, unless it is the folder of `target`, was purged. Raises: NotFound."""
    try:
        yield
    except FileNotFoundError as error:
        if not target.parent.is_dir():
            raise
        raise NotFound("model", model.id) from error


def _short(report: dict[str, Any]) -> dict[str, Any]:
    """The members of a report that are short; the others are lists, and the report is there for them."""
    return {name: value for name, value in report.items() if len(orjson.dumps(value)) <= _SHORT_BYTES}


def installed(tx: Transaction, wanted: Base, locale: str) -> BaseModel:
    """The base model here that a bundle's model was trained from, by its name. Raises: Invalid (InvalidBaseModel)."""
    known = tx.table(BaseModel).page().values
    for base in known:
        if (base.engine, base.released, base.locale) == (wanted.engine, wanted.released, locale):
            return base
    there = ", ".join(f"{base.engine} {base.released} ({base.locale})" for base in known)
    raise Invalid(
        "InvalidBaseModel",
        f"The model needs the base model {wanted.engine[:60]} {wanted.released[:60]} ({locale[:40]}), which is not "
        f"installed here; there are: {there or 'none'}.",
    )


def check_same(ctx: Context, base: BaseModel, wanted: Base) -> None:
    """Raises: Invalid (InvalidBaseModel) when the files of a base are not those that a model was trained from."""
    if bundle_file.folder_digest(model_choice.base_folder(ctx, base)) != wanted.sha256:
        raise Invalid(
            "InvalidBaseModel",
            f"The base model {base.engine} {base.released} ({base.locale}) has other files here than where the model "
            "was trained; install the version of the engine that the manifest names.",
        )


def keep(ctx: Context, path: Path, manifest: Manifest, folder: str) -> dict[str, int]:
    """Keep the files of a bundle as blobs, which no row names yet; returns their sizes by name.

    Raises: Invalid, OSError; then nothing is kept.
    """
    part = ctx.part()
    try:
        return {
            file.name: ctx.blobs.put(f"{folder}/{file.name}", part) for file in bundle_file.unpack(path, manifest, part)
        }
    except BaseException:
        ctx.blobs.purge(folder)
        raise
    finally:
        part.unlink(missing_ok=True)
