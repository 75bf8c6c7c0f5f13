"""The API as OpenAPI documents, one for each version, made from the table of operations and the shapes on the wire.

    python -m speechsmith.api.openapi v3.2

A released shape does not change: tests compare the documents with those that are kept beside them.
"""

import re
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from speechsmith.api import repeats
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.call import DEFAULT_TOP, MOST_INTEGER, VERSIONS, Version
from speechsmith.api.envelope import REQUEST_ID
from speechsmith.api.generic import MAX_LINK_SECONDS
from speechsmith.api.operations import OPERATIONS, BodyKind, Operation
from speechsmith.api.shapes import LOCATION, OPERATION_LOCATION, RETRY_AFTER, Success, is_list, successes
from speechsmith.wire.answers import DoorRefusal, Error
from speechsmith.wire.shown import ONLY_IN, DatasetKind

Json = dict[str, Any]

_REFS = "#/components/schemas/"
_DESCRIPTION = (
    "The REST API of Speechsmith, an open, self-hosted Custom Speech system. Operations that the published contract "
    "does not have are marked with x-speechsmith."
)
_HEADERS: Json = {
    REQUEST_ID: {"description": "The number of the request, as in the log.", "schema": {"type": "string"}},
    LOCATION: {"description": "The address of what was made.", "schema": {"type": "string", "format": "uri"}},
    OPERATION_LOCATION: {"description": "The address to poll.", "schema": {"type": "string", "format": "uri"}},
    RETRY_AFTER: {
        "description": "Seconds to wait before asking again; absent when nothing will change.",
        "schema": {"type": "integer"},
    },
    repeats.RESULT: {
        "description": f"What became of a request with {repeats.REQUEST_ID}.",
        "schema": {"type": "string", "enum": ["accepted", "rejected"]},
    },
    repeats.REPLAYED: {
        "description": "There when the same request was carried out before, and what it made is shown as it is now.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_NAME = {"type": "string", "minLength": 1, "maxLength": repeats.MOST_CHARACTERS}
_PARAMETERS: Json = {
    "skip": ("query", {"type": "integer", "minimum": 0, "maximum": MOST_INTEGER, "default": 0}),
    "top": ("query", {"type": "integer", "minimum": 1, "default": DEFAULT_TOP}),
    "filter": ("query", {"type": "string"}),
    "skipToken": ("query", {"type": "string"}),
    "endDate": ("query", {"type": "string", "format": "date"}),
    "sasValidityInSeconds": ("query", {"type": "integer", "minimum": 0, "maximum": MAX_LINK_SECONDS}),
    repeats.KEY: ("header", _NAME),
    repeats.REQUEST_ID: ("header", _NAME),
    repeats.FIRST_SENT: ("header", {"type": "string"}),
}
_FORM: Json = {
    "type": "object",
    "required": ["displayName", "locale", "kind", "data"],
    "properties": {
        "displayName": {"type": "string"},
        "description": {"type": "string"},
        "locale": {"type": "string"},
        "kind": {"type": "string", "enum": list(get_args(DatasetKind))},
        "project": {"type": "string", "description": "The URI of a project."},
        "customProperties": {"type": "string", "description": "A JSON object of strings."},
        "email": {"type": "string"},
        "data": {"type": "string", "format": "binary"},
    },
}


def handler(version: Version) -> Callable[[Request], Awaitable[Response]]:
    """GET of a document; no key is needed."""

    async def endpoint(_request: Request) -> Response:
        return Response(await run_in_threadpool(text, version), media_type="application/json; charset=utf-8")

    return endpoint


@lru_cache
def text(version: Version) -> bytes:
    """The document, as it is sent and kept."""
    return orjson.dumps(document(version), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def document(version: Version) -> Json:
    """What the version can do."""
    operations = [operation for operation in OPERATIONS if version in operation.versions]
    answers = {f"{o.id} {s.status}": s.shape for o in operations for s in successes(o) if s.shape is not None}
    shown, schemas = _schemas(answers | {"Error": Error, "DoorRefusal": DoorRefusal}, version, are_answers=True)
    asked, further = _schemas({o.id: o.shape for o in operations if o.shape is not None}, version, taken=set(schemas))
    paths: Json = {}
    for operation in operations:
        described = _operation(operation, asked, shown)
        paths.setdefault(_path(operation), {})[operation.method.lower()] = described
    found: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Speechsmith", "version": version.name, "description": _DESCRIPTION},
        "servers": [{"url": f"/speechtotext/{version.name}"}],
        "security": [{"key": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((schemas | further).items())),
            "responses": {
                "Unauthorized": _refusal("No key, or none that opens.", shown["DoorRefusal"]),
                "TooMany": _refusal("Too many requests, or too many entities.", shown["Error"], RETRY_AFTER),
                "Refused": _refusal("Refused; the code and the message say why.", shown["Error"]),
            },
            "parameters": {
                name: {"name": name, "in": place, "schema": schema} for name, (place, schema) in _PARAMETERS.items()
            },
            "headers": dict(_HEADERS),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }
    _prune(found)
    return found


def _prune(found: Json) -> None:
    """Drop the components that nothing refers to: what only another version has refers to more."""
    unused = True
    while unused:
        named = set(re.findall(r'"#/components/(\w+/[\w-]+)"', orjson.dumps(found).decode()))
        unused = False
        for kind, members in found["components"].items():
            for name in [name for name in members if kind != "securitySchemes" and f"{kind}/{name}" not in named]:
                del members[name]
                unused = True


def _operation(operation: Operation, asked: Json, shown: Json) -> Json:
    found: Json = {"operationId": operation.id, "tags": [operation.id.partition("_")[0]]}
    if operation.is_ours:
        found["x-speechsmith"] = True
    if parameters := list(_parameters(operation)):
        found["parameters"] = parameters
    if content := _content(operation, asked):
        found["requestBody"] = {"required": True, "content": content}
    responses = {str(success.status): _response(operation, success, shown) for success in successes(operation)}
    refusals = {"401": "Unauthorized", "429": "TooMany", "default": "Refused"}
    responses |= {status: {"$ref": f"#/components/responses/{name}"} for status, name in refusals.items()}
    return found | {"responses": responses}


def _response(operation: Operation, success: Success, shown: Json) -> Json:
    of_repeats = (repeats.RESULT, repeats.REPLAYED) if operation.creates is not None else ()
    names = [REQUEST_ID, *success.headers, *of_repeats]
    found: Json = {"description": f"{HTTPStatus(success.status).phrase}.", "headers": _named(names)}
    if success.shape is not None:
        found["content"] = {"application/json": {"schema": shown[f"{operation.id} {success.status}"]}}
    return found


def _refusal(description: str, schema: Json, *headers: str) -> Json:
    return {
        "description": description,
        "headers": _named([REQUEST_ID, *headers]),
        "content": {"application/json": {"schema": schema}},
    }


def _named(headers: Iterable[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def _path(operation: Operation) -> str:
    return re.sub(r"\{(\w+)(?::uuid)?\}", lambda found: f"{{{_camel(found[1])}}}", operation.path)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _parameters(operation: Operation) -> Iterable[Json]:
    for name, is_id in re.findall(r"\{(\w+)(:uuid)?\}", operation.path):
        schema = {"type": "string", "format": "uuid"} if is_id else {"type": "string"}
        yield {"name": _camel(name), "in": "path", "required": True, "schema": schema}
    if operation.body is BodyKind.BYTES:
        yield {"name": "blockid", "in": "query", "required": True, "schema": {"type": "string"}}
    names: list[str] = []
    if any(is_list(success) for success in successes(operation)):
        names = ["skipToken", "top"] if operation.id.endswith("Logs") else ["skip", "top", "filter"]
    if operation.id.endswith("Deliveries"):
        names.remove("filter")  # the log of a web hook has none
    if operation.method == "GET" and operation.id.endswith(("Files", "_GetFile", "Manifest", "Logs", "Log")):
        names.append("sasValidityInSeconds")
    if operation.method == "DELETE" and operation.id.endswith("Logs"):
        names.append("endDate")
    if operation.creates is not None:
        names += [repeats.KEY, repeats.REQUEST_ID, repeats.FIRST_SENT]
    yield from ({"$ref": f"#/components/parameters/{name}"} for name in names)


def _content(operation: Operation, asked: Json) -> Json:
    match operation.body:
        case BodyKind.JSON:
            return {"application/json": {"schema": asked[operation.id]}}
        case BodyKind.PATCH:
            schema = {"schema": asked[operation.id]}
            return {"application/json": schema, "application/merge-patch+json": schema}
        case BodyKind.BYTES:
            return {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        case BodyKind.FORM:
            return {"multipart/form-data": {"schema": _FORM}}
        case BodyKind.NONE:
            return {}


def _schemas(
    shapes: dict[str, Any], version: Version, *, are_answers: bool = False, taken: Iterable[str] = ()
) -> tuple[Json, Json]:
    """The schema of each shape, and those that they refer to by name; a name that is taken gets another."""
    inputs = [(name, "validation", TypeAdapter(shape)) for name, shape in shapes.items()]
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=f"{_REFS}{{model}}")  # type: ignore[arg-type]
    names = {name: _name(name, taken) for name in definitions.get("$defs", {})}

    def tidy(node: Any) -> Any:
        return _tidy(node, names, version, are_answers=are_answers)

    named = {names[name]: tidy(schema) for name, schema in definitions.get("$defs", {}).items()}
    return {name: tidy(schema) for (name, _), schema in found.items()}, named


def _name(name: str, taken: Iterable[str]) -> str:
    """The contract's names of pages; a request's name that an answer has is told apart."""
    if page := re.fullmatch(r"Page_(\w+)_", name):
        return f"Paginated{page[1]}s".replace("ys", "ies")
    return f"{name}Request" if name in taken else name


def _tidy(node: Any, names: dict[str, str], version: Version, *, are_answers: bool) -> Any:
    """A schema without what is of no use to a reader, or is of another version. Answers leave out rather than null."""
    if isinstance(node, list):
        return [_tidy(item, names, version, are_answers=are_answers) for item in node]
    if not isinstance(node, dict):
        return node
    if are_answers and {"type": "null"} in node.get("anyOf", ()):
        (only,) = (option for option in node["anyOf"] if option != {"type": "null"})
        node = {name: value for name, value in node.items() if name not in ("anyOf", "default")} | only
    kept: Json = {}
    for name, value in node.items():
        if name == "properties":
            members = {member: schema for member, schema in value.items() if _is_in(schema, version)}
            kept[name] = {
                member: _tidy(schema, names, version, are_answers=are_answers) for member, schema in members.items()
            }
        elif name == "$ref":
            kept[name] = _REFS + names[value.removeprefix(_REFS)]
        elif name not in ("title", ONLY_IN) and (name, value) not in (
            ("additionalProperties", False),
            ("default", None),
        ):
            kept[name] = _tidy(value, names, version, are_answers=are_answers)
    return kept


def _is_in(schema: Json, version: Version) -> bool:
    return schema.get(ONLY_IN) in (None, version.name)


if __name__ == "__main__":
    sys.stdout.buffer.write(text(next(version for version in VERSIONS if version.name == sys.argv[1])))
