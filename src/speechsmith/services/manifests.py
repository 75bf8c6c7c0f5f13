"""Use cases of manifests: every file that a model consists of, for whoever runs it elsewhere.

A custom model is its base and what training wrote, so its manifest names both: `base/...` and `model/...`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.models import BaseModel, CustomModel, Model
from speechsmith.engines.registry import engines
from speechsmith.services import model_choice
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE

BASE, MODEL = "base", "model"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The names of a model's files, and what a program must know to run them."""

    model: Model
    names: tuple[str, ...]
    properties: Mapping[str, Mapping[str, Any]]


def manifest(ctx: Context, resource_id: UUID, kind: type[BaseModel] | type[CustomModel], model_id: UUID) -> Manifest:
    """What a model consists of. Raises: NotFound, Invalid (InvalidModel, InvalidBaseModel) when it has no files."""
    with ctx.store.read(resource_id) as tx:
        model: Model = tx.table(kind).get(model_id)
        base = model_choice.base_of(tx, model)
    sources = _sources(ctx, model, base)
    properties = {
        "engine": {"name": base.engine, "version": engines()[base.engine].version},
        "base": {"locale": base.locale, "released": base.released},
    }
    return Manifest(model, tuple(sources), properties)


def file(ctx: Context, model_id: UUID, name: str) -> Path:
    """A file of a model of any resource, by its name in the manifest; the caller has seen to the right to read it.

    Raises: NotFound.
    """
    try:
        with ctx.store.read(EVERY_RESOURCE) as tx:
            model = model_choice.find(tx, model_id)
            base = model_choice.base_of(tx, model)
        found = _sources(ctx, model, base)[name]
        return found if isinstance(found, Path) else ctx.blobs.path(found)
    except (KeyError, FileNotFoundError, Invalid):
        raise NotFound("file", name) from None


def _sources(ctx: Context, model: Model, base: BaseModel) -> dict[str, Path | str]:
    """Where each file is: a path of this machine, or the key of a blob. Raises: Invalid."""
    folder = model_choice.base_folder(ctx, base)
    found: dict[str, Path | str] = {
        f"{BASE}/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()
    }
    if isinstance(model, CustomModel):
        if model.folder is None:
            raise Invalid("InvalidModel", f"The model '{model.display_name}' is {model.status} and has no files.")
        found |= {f"{MODEL}{key.removeprefix(model.folder)}": key for key in ctx.blobs.keys(model.folder)}
    return dict(sorted(found.items()))
