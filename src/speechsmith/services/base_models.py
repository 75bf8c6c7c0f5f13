"""Use cases of base models that the operator adds to those that come with the engines.

Their files are kept like those of custom models, so every worker has them. A base model has the same id wherever it is
installed, as its id is made of its engine, locale and release date.
"""

import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from speechsmith.asr.types import SAMPLE_RATE_HZ
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.models import BaseModel, CustomModel, base_model_id, default_among
from speechsmith.domain.status import Status
from speechsmith.domain.values import NEVER, check_description, check_display_name
from speechsmith.engines.base import EngineError, ModelFiles
from speechsmith.engines.registry import engine
from speechsmith.services import entities, publishing
from speechsmith.services.context import Context
from speechsmith.store.blobs import base_prefix
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction

MAX_BYTES = 32 * 1024**3

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|[0-9]{3})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBaseModel:
    """What the operator says about a base model. `source` is its folder, or a tar archive of it.

    `display_name` empty: the release date. The moments are those after which it cannot be trained from, and not used.
    """

    source: Path
    engine: str
    locale: str
    released: str
    display_name: str = ""
    description: str = ""
    adaptation_until: datetime = NEVER
    transcription_until: datetime = NEVER
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A base model, and whether it is the one that is taken when none is named."""

    model: BaseModel
    is_default: bool

    @property
    def is_packaged(self) -> bool:
        """It comes with its engine."""
        return not self.model.folder


def add(ctx: Context, new: NewBaseModel) -> BaseModel:
    """Install a base model; the engine has loaded it and heard silence with it before anything is kept.

    Raises: Invalid (InvalidParameterValue, InvalidLocale, InvalidModel), Conflict (ModelExists), OSError.
    """
    released = _release_date(new.released)
    if not _LOCALE.fullmatch(new.locale):
        raise Invalid("InvalidLocale", f"'{new.locale[:40]}' is no locale; one looks like en-US.")
    try:
        installed = engine(new.engine)
    except EngineError as error:
        raise Invalid("InvalidParameterValue", str(error)) from None
    model_id = base_model_id(new.engine, new.locale, new.released)
    key = base_prefix(model_id, ctx.new_id())
    model = BaseModel(
        id=model_id,
        resource_id=None,
        locale=new.locale,
        display_name=check_display_name(new.display_name or new.released),
        description=check_description(new.description),
        created_at=released,
        last_action_at=ctx.now(),
        status=Status.SUCCEEDED,
        engine=new.engine,
        released=new.released,
        folder=key,
        learns=installed.learns,
        adaptation_until=new.adaptation_until,
        transcription_until=new.transcription_until,
    )
    with ctx.store.read(EVERY_RESOURCE) as tx:
        _check_new(tx, model)
    with _staged(ctx, new.source) as folder:
        try:
            recognizer = installed.load(ModelFiles(engine=new.engine, base=folder))
            recognizer.recognize(np.zeros(SAMPLE_RATE_HZ // 2, dtype=np.float32))
        except EngineError as error:
            raise Invalid("InvalidModel", f"The engine cannot use {new.source}: {error}") from None
        ctx.blobs.put_tree(key, folder)
    with publishing.purged_on_refusal(ctx, key), ctx.store.write(EVERY_RESOURCE) as tx:
        _check_new(tx, model)
        tx.table(BaseModel).add(model)
        if new.is_default:
            model = _made_default(tx, model)
    return model


def listing(ctx: Context) -> list[Listed]:
    """Every base model, by locale and release date."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        known = tx.table(BaseModel).page().values
    ordered = sorted(known, key=lambda model: (model.locale, model.released))
    return [Listed(model, default_among(known, model.locale) == model) for model in ordered]


def set_default(ctx: Context, model_id: UUID) -> BaseModel:
    """Make a base model the one that is taken for its locale when none is named. Raises: NotFound."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        return _made_default(tx, tx.table(BaseModel).get(model_id))


def remove(ctx: Context, model_id: UUID) -> None:
    """Remove a base model that the operator has added.

    Raises: NotFound, Conflict (DeleteNotAllowed) for one that comes with its engine, (InUseViolation) while something
    stands on it.
    """
    with ctx.store.write(EVERY_RESOURCE) as tx:
        model = tx.table(BaseModel).get(model_id)
        if not model.folder:
            raise Conflict(
                "DeleteNotAllowed",
                f"The base model '{model.display_name}' comes with the engine {model.engine} and goes with it.",
            )
        entities.check_unused(tx, model)
        custom = [one.display_name for one in tx.table(CustomModel).page().values if one.base_model_id == model_id]
        if custom:
            named = ", ".join(f"'{name[:60]}'" for name in custom[:5]) + (", ..." if len(custom) > 5 else "")
            raise Conflict(
                "InUseViolation",
                f"Custom models stand on '{model.display_name}': {named}; train them on another base model (POST "
                "/models/{id}:rebase), and delete them first.",
            )
        tx.table(BaseModel).delete(model_id)
        tx.purges.add(model.folder, ctx.now() + entities.LAST_WRITES)


def _check_new(tx: Transaction, model: BaseModel) -> None:
    if tx.table(BaseModel).find(model.id):
        raise Conflict(
            "ModelExists",
            f"There is a base model {model.engine} {model.released} ({model.locale}) already; a base model never "
            "changes: give another release date, or remove that one first.",
        )


def _made_default(tx: Transaction, model: BaseModel) -> BaseModel:
    for other in tx.table(BaseModel).page().values:
        if other.locale == model.locale and other.is_default and other.id != model.id:
            tx.table(BaseModel).put(replace(other, is_default=False))
    made = replace(model, is_default=True)
    tx.table(BaseModel).put(made)
    return made


def _release_date(text: str) -> datetime:
    if re.fullmatch(r"[0-9]{8}", text):
        try:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
        except ValueError:
            pass
    raise Invalid("InvalidParameterValue", f"'{text[:40]}' is no release date; one looks like 20261231.")


@contextmanager
def _staged(ctx: Context, source: Path) -> Iterator[Path]:
    """A copy of the model's folder, to be moved away. Raises: Invalid when it is none, OSError."""
    staging = ctx.part()
    try:
        staging.mkdir()
        if source.is_dir():
            shutil.copytree(source, staging, dirs_exist_ok=True)
        else:
            _unpack(source, staging)
        inside = list(staging.iterdir())
        if not inside:
            raise Invalid("InvalidModel", f"There is nothing in {source}.")
        yield inside[0] if len(inside) == 1 and inside[0].is_dir() else staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack(source: Path, target: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            members = archive.getmembers()
            if sum(member.size for member in members) > MAX_BYTES:
                raise Invalid("InvalidModel", f"{source} unpacks to more than {MAX_BYTES} bytes.")
            archive.extractall(target, members, filter="data")
    except tarfile.TarError as error:
        why = str(error).partition("\n")[0].rstrip(".:")
        raise Invalid("InvalidModel", f"{source} is neither a folder nor a tar archive of one: {why}.") from None
