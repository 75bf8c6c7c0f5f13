"""Handlers of datasets."""

from pydantic import StrictStr, TypeAdapter

from speechsmith.api import generic
from speechsmith.api.bodies import parsed
from speechsmith.api.call import Answer, Call
from speechsmith.api.references import id_of_uri
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import TextNormalization, can_be_in
from speechsmith.domain.errors import Invalid
from speechsmith.services import datasets, entities

_STRINGS = TypeAdapter(dict[StrictStr, StrictStr])


def create(call: Call) -> Answer:
    """Datasets_Create: from a URL, or empty and waiting for blocks."""
    body = call.body
    kind = (body.properties and body.properties.text_normalization_kind) or TextNormalization.DEFAULT
    new = datasets.NewDataset(
        labels=generic.labels_of(body),
        kind=CorpusKind(body.kind),
        content_url=(body.content_url or "").strip() or None,
        text_normalization=TextNormalization(kind),
    )
    return generic.shown(call, datasets.create(call.ctx, call.resource.id, new), status=201)


def upload(call: Call) -> Answer:
    """Datasets_Upload: `body` holds the text fields of the form, `upload` is its data."""
    new = new_from_form(call.body)
    if call.upload is None:
        raise Invalid("InvalidPayload", "The form has no part 'data' with the file.", target="data")
    return generic.shown(call, datasets.create(call.ctx, call.resource.id, new, call.upload), status=201)


def new_from_form(fields: dict[str, str]) -> datasets.NewDataset:
    """What the text fields of a form say. Raises: Invalid, naming the field."""
    for name in ("displayName", "locale", "kind"):
        if not fields.get(name):
            raise Invalid("InvalidPayload", f"The form has no field '{name}'.", target=name)
    try:
        kind = CorpusKind(fields["kind"])
    except ValueError:
        known = ", ".join(sorted(CorpusKind))
        raise Invalid("InvalidPayload", f"kind '{fields['kind'][:40]}' is not one of {known}.", target="kind") from None
    project = fields.get("project")
    return datasets.NewDataset(
        labels=entities.Labels(
            display_name=fields["displayName"],
            locale=fields["locale"],
            description=fields.get("description", ""),
            custom_properties=_custom_properties(fields.get("customProperties")),
            project_id=id_of_uri(project, "projects", target="project") if project else None,
        ),
        kind=kind,
    )


def _custom_properties(text: str | None) -> dict[str, str] | None:
    if not text:
        return None
    try:
        found: dict[str, str] = parsed(text.encode(), _STRINGS)
    except Invalid as error:
        message = f"customProperties must be a JSON object of strings, as text. {error.message}"
        raise Invalid("InvalidPayload", message, target="customProperties") from None
    return found


def put_block(call: Call) -> Answer:
    """Datasets_UploadBlock."""
    block_id = call.query.get("blockid")
    if not block_id:
        raise Invalid("InvalidParameterValue", "Name the block: ?blockid=<Base64, URL-encoded>.", target="blockid")
    if call.upload is None:
        raise Invalid("EmptyRequest", "The body is empty; send the bytes of the block.")
    datasets.put_block(call.ctx, call.resource.id, call.id, block_id, call.upload)
    return Answer(201)


def list_blocks(call: Call) -> Answer:
    """Datasets_GetBlocks."""
    found = datasets.blocks(call.ctx, call.resource.id, call.id)
    return Answer(200, {"uncommittedBlocks": [{"name": block.name, "size": block.size_bytes} for block in found]})


def commit_blocks(call: Call) -> Answer:
    """Datasets_CommitBlocks."""
    for number, entry in enumerate(call.body):
        if entry.kind == "Committed":  # with the commit the data is complete, so there never are any
            message = f"No block of this dataset is committed yet; name '{entry.id[:100]}' as Latest or Uncommitted."
            raise Invalid("InvalidParameterValue", message, target=f"{number}.kind")
    datasets.commit_blocks(call.ctx, call.resource.id, call.id, [entry.id for entry in call.body])
    return Answer(200)


def locales(call: Call) -> Answer:
    """Datasets_ListSupportedLocales: by kind."""
    known = entities.locales(call.ctx)
    kinds = filter(call.version.knows, sorted(CorpusKind))
    return Answer(200, {str(kind): [locale for locale in known if can_be_in(kind, locale)] for kind in kinds})
