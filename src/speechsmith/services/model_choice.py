"""Which model is meant, and where its files are: shared by all use cases that recognize."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from speechsmith.asr.display.style import STYLE_FILE
from speechsmith.asr.types import Utterance
from speechsmith.domain.errors import Invalid, NotFound
from speechsmith.domain.expiry import Deadlines, parse
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.models import BaseModel, CustomModel, Model, check_usable, default_among
from speechsmith.engines.base import ModelFiles
from speechsmith.engines.registry import engines
from speechsmith.services import publishing
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Transaction

MAX_TEXT_BYTES = 500 * 1024


def default_base(tx: Transaction, locale: str) -> BaseModel:
    """The base model that is taken for a locale when none is named. Raises: Invalid when there is none."""
    if (found := default_among(tx.table(BaseModel).page().values, locale)) is None:
        raise Invalid("InvalidBaseModel", f"No base model for {locale} is installed.", target="locale")
    return found


def base_ids(ctx: Context) -> frozenset[UUID]:
    """The ids of all base models."""
    with ctx.store.read(EVERY_RESOURCE) as tx:
        return frozenset(model.id for model in tx.table(BaseModel).page().values)


def find(tx: Transaction, model_id: UUID) -> Model:
    """A base or custom model by its id. Raises: NotFound."""
    model = tx.table(CustomModel).find(model_id) or tx.table(BaseModel).find(model_id)
    if model is None:
        raise NotFound("model", model_id)
    return model


def known(ctx: Context, resource_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Model]:
    """The models of these ids, base or custom; one that is no more there is left out."""
    with ctx.store.read(resource_id) as tx:
        found = {id: tx.table(CustomModel).find(id) or tx.table(BaseModel).find(id) for id in set(ids)}
    return {id: model for id, model in found.items() if model is not None}


def usable(ctx: Context, tx: Transaction, model_id: UUID | None, locale: str) -> Model:
    """The model to recognize with; None names the default base, which never expires.

    Raises: NotFound, Invalid, with ModelDeprecated when its time is over.
    """
    if model_id is None:
        return default_base(tx, locale)
    model = find(tx, model_id)
    check_current(ctx, model, locale)
    return model


def check_current(ctx: Context, model: Model, locale: str) -> None:
    """Raises: Invalid, unless the model can recognize a locale now."""
    check_usable(model, locale=locale)
    if is_expired(ctx, model):
        raise Invalid(
            "ModelDeprecated",
            f"The model '{model.display_name}' has expired, on {deadlines(ctx, model).transcription:%Y-%m-%d}, and "
            "cannot be used for this any more; train it again on a newer base model.",
            target="model",
        )


def deadlines(ctx: Context, model: Model) -> Deadlines:
    """Until when a model can be trained from and used, by the operator's policy."""
    return _policy(ctx.settings.expiry_policy).deadlines(model)


_policy = lru_cache(8)(parse)


def is_expired(ctx: Context, model: Model) -> bool:
    """Whether the time to recognize with a model is over."""
    return ctx.now() >= deadlines(ctx, model).transcription


def check_adaptable(ctx: Context, base: BaseModel) -> None:
    """Raises: Invalid (ModelDeprecated) when the time to train from a base is over."""
    ends = deadlines(ctx, base).adaptation
    if ctx.now() >= ends:
        raise Invalid(
            "ModelDeprecated",
            f"The base model '{base.display_name}' cannot be trained from since {ends:%Y-%m-%d}; name a newer one.",
            target="baseModel",
        )


def base_of(tx: Transaction, model: Model) -> BaseModel:
    """The base model that a model stands on, or is. Raises: Invalid (InvalidBaseModel) when it is not installed."""
    base = model if isinstance(model, BaseModel) else tx.table(BaseModel).find(model.base_model_id)
    if base is None:
        raise Invalid("InvalidBaseModel", f"The base of the model '{model.display_name}' is not installed here.")
    return base


def files_of(ctx: Context, model: Model, base: BaseModel) -> ModelFiles:
    """Where the files of a model and its base are on this machine. Raises: Invalid without files or engine.

    They may have to be fetched, so it is not for the inside of a transaction.
    """
    custom = None
    if isinstance(model, CustomModel):
        if model.folder is None:
            raise Invalid("InvalidModel", f"The model '{model.display_name}' is {model.status} and has no files.")
        folder = ctx.blobs.folder(model.folder)
        custom = folder if any(path.name != STYLE_FILE for path in folder.iterdir()) else None
    return ModelFiles(engine=base.engine, base=base_folder(ctx, base), custom=custom)


def style_of(ctx: Context, model: Model) -> Path | None:
    """The file that tells how the phrases of a model are written; None for base models, and where nothing was learned.

    It is apart from the model's files, which are the engine's: models that only write otherwise share one recognizer.
    """
    return style_in(ctx, model.folder if isinstance(model, CustomModel) else None)


def style_in(ctx: Context, folder: str | None) -> Path | None:
    """The same of a folder of a model, by its key."""
    path = None if folder is None else ctx.blobs.folder(folder) / STYLE_FILE
    return path if path is not None and path.is_file() else None


def base_folder(ctx: Context, base: BaseModel) -> Path:
    """The folder of a base model on this machine. Raises: Invalid."""
    if base.folder:
        return ctx.blobs.folder(base.folder)
    packaged_models = engines()[base.engine].packaged_models() if base.engine in engines() else []
    for packaged in packaged_models:
        if (packaged.locale, packaged.released) == (base.locale, base.released):
            return packaged.folder
    raise Invalid("InvalidBaseModel", f"The engine {base.engine} no longer brings the base model {base.released}.")


@contextmanager
def kept_text(ctx: Context, folder: str, text: str | None) -> Iterator[str | None]:
    """Put inline sentences into the blob store; gives the key, None without any. On a refusal in the block they go.

    Raises: Invalid for more than MAX_TEXT_BYTES.
    """
    text = (text or "").strip()
    if len(text.encode()) > MAX_TEXT_BYTES:
        message = f"text is larger than {MAX_TEXT_BYTES // 1024} KB; use a dataset."
        raise Invalid("InvalidPayload", message, target="text")
    if not text:
        yield None
        return
    part = ctx.part()
    part.write_text(text, encoding="utf-8")
    key = f"{folder}/text"
    ctx.blobs.put(key, part)
    with publishing.purged_on_refusal(ctx, key):
        yield key


def utterances(ctx: Context, files: Sequence[File]) -> list[Utterance]:
    """The utterances of an Acoustic or AudioFiles dataset, in the order of its transcript; without one, of its audio.

    A line that its user has repeated is there as often, for that is how it gets weight in training; see `distinct`.
    """
    audio = {file.name: ctx.blobs.path(file.blob) for file in files if file.kind is FileKind.AUDIO}
    if not any(file.kind is FileKind.ACOUSTIC_DATA_TRANSCRIPTION for file in files):
        return [Utterance(name, path, "") for name, path in audio.items()]
    return [Utterance(name, audio[name], transcript) for name, transcript in transcripts(ctx, files)]


def transcripts(ctx: Context, files: Sequence[File]) -> list[tuple[str, str]]:
    """The lines of the transcript of an Acoustic dataset: the name of each utterance, and what was said in it."""
    kept = (ctx.blobs.path(file.blob) for file in files if file.kind is FileKind.ACOUSTIC_DATA_TRANSCRIPTION)
    lines = (line.partition("\t") for path in kept for line in path.read_text(encoding="utf-8").split("\n") if line)
    return [(name, transcript) for name, _, transcript in lines]


def distinct(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """Each utterance once, as tests and transcriptions take them."""
    return tuple(dict.fromkeys(utterances))
