"""The headers by which a client names a create, so that it can send it again when it has heard no answer.

`Idempotency-Key` is enough; `Repeatability-Request-ID` with `Repeatability-First-Sent` means the same, and is answered
with `Repeatability-Result`: accepted for what was carried out, now or before, rejected for what was not.
"""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

from starlette.datastructures import Headers

from speechsmith.api.call import Answer, Call, Handler
from speechsmith.api.operations import OPERATIONS, Operation
from speechsmith.api.shapes import LOCATION, OPERATION_LOCATION, successes
from speechsmith.domain.copies import CopyOperation
from speechsmith.domain.entities import Entity
from speechsmith.domain.errors import Invalid
from speechsmith.services import repeats
from speechsmith.store.tables import COLLECTIONS
from speechsmith.wire.v3_2 import Shape

KEY, REQUEST_ID, FIRST_SENT = "Idempotency-Key", "Repeatability-Request-ID", "Repeatability-First-Sent"
RESULT = "Repeatability-Result"
REPLAYED = "Idempotent-Replayed"
MOST_CHARACTERS = 255


def answered(operation: Operation, headers: Headers, call: Call) -> Answer:
    """What the handler answers, or what the same request made before. Raises: as the handler; Invalid, Conflict."""
    kind = operation.creates
    name = None if kind is None else _name(headers, call.ctx.now())
    if kind is None or name is None:
        return operation.handler(call)
    header, key = name

    def show(id: UUID) -> Answer:
        made, read = successes(operation)[0], _reader(kind)(replace(call, ids={"id": id}))
        place = OPERATION_LOCATION if OPERATION_LOCATION in made.headers else LOCATION
        kept = {name: value for name, value in (read.headers or {}).items() if name in made.headers}
        return Answer(made.status, read.body, kept | {place: read.body["self"], REPLAYED: "true"})

    return repeats.once(
        call.ctx,
        call.resource.id,
        kind,
        repeats.Named(key, _digest(operation, call), header),
        make=lambda ctx: operation.handler(replace(call, ctx=ctx)),
        show=show,
    )


def _reader(kind: type[Entity]) -> Handler:
    """The handler that shows one entity of a kind."""
    above = "/operations/models/copy" if kind is CopyOperation else f"/{COLLECTIONS[kind]}"
    wanted = ("GET", f"{above}/{{id:uuid}}")
    return next(known.handler for known in OPERATIONS if (known.method, known.path) == wanted)


def result(operation: Operation, headers: Headers, status: int) -> dict[str, str]:
    """The header that says what became of a request that may come again."""
    if operation.creates is None or REQUEST_ID not in headers:
        return {}
    return {RESULT: "accepted" if status < 300 else "rejected"}


def _name(headers: Headers, now: datetime) -> tuple[str, str] | None:
    """The header that names the request, and the name; None without one. Raises: Invalid."""
    given = [(header, headers[header]) for header in (KEY, REQUEST_ID) if header in headers]
    if not given:
        return None
    header, key = given[0]
    if any(other != key for _, other in given):
        raise _wrong(KEY, f"{KEY} and {REQUEST_ID} name the request differently; send one of them")
    if not 0 < len(key) <= MOST_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise _wrong(header, f"{header} has 1 to {MOST_CHARACTERS} printable ASCII characters")
    if header == REQUEST_ID:
        _check_first_sent(headers.get(FIRST_SENT, ""), now)
    return header, key


def _check_first_sent(text: str, now: datetime) -> None:
    example = "a time such as Tue, 15 Nov 2022 08:12:31 GMT"
    try:
        first_sent = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        raise _wrong(FIRST_SENT, f"{FIRST_SENT} goes with {REQUEST_ID} and is {example}") from None
    if first_sent.tzinfo is None:
        raise _wrong(FIRST_SENT, f"{FIRST_SENT} has no zone; it is {example}")
    if first_sent < now - repeats.KEPT:
        hours = repeats.KEPT.total_seconds() / 3600
        raise _wrong(FIRST_SENT, f"{FIRST_SENT} is more than {hours:.0f} hours ago, and no request is known for longer")


def _wrong(header: str, message: str) -> Invalid:
    return Invalid("InvalidParameterValue", f"{message}.", target=header)


def _digest(operation: Operation, call: Call) -> str:
    """What a request asks for, and of which entity: equal bodies, however they are written, have the same."""
    body = call.body.model_dump(mode="json") if isinstance(call.body, Shape) else call.body
    # Not by orjson, which writes the same bytes and refuses what has more than 64 bits, as a body may.
    asked = [operation.id, body, *map(str, call.ids.values())]
    text = json.dumps(asked, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode())
    if call.upload is not None:
        with call.upload.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
