"""The published contract as a check of answers: its codes, and its schemas where the OpenAPI file is.

The file is read by a reader of the few forms of YAML that its generator writes; descriptions and examples are skipped.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SPEC = Path(
    os.environ.get(
        "SPEECHSMITH_OPENAPI", Path(__file__).parents[3] / "shared" / "spec" / "speech-to-text-v3.2.openapi.yaml"
    )
)
"""Where the published file is, which is not part of this project."""

_CODES = """
    InvalidRequest InvalidArgument InternalServerError ServiceUnavailable NotFound PipelineError Conflict
    InternalCommunicationFailed Forbidden NotAllowed Unauthorized UnsupportedMediaType TooManyRequests
    UnprocessableEntity
"""
_INNER_CODES = """
    InvalidParameterValue InvalidRequestBodyFormat EmptyRequest MissingInputRecords InvalidDocument
    InvalidDocumentBatch InvalidPayload InvalidParameter ModelVersionIncorrect UnsupportedLanguageCode
    InvalidCollection UnexpectedError UnsupportedDelta UnsupportedFilter UnsupportedPagination
    UnsupportedDynamicConfiguration UnsupportedOrderBy InvalidLocale InvalidProject InvalidProjectKind
    ProjectGenderMismatch DataImportFailed InvalidDataset FailedDataset NoUtf8WithBom InvalidAdaptationMapping
    UnsupportedClassBasedAdaptation InvalidBaseModel InvalidModel InvalidModelUri ModelMismatch ModelDeprecated
    ModelExists ModelNotDeployable InvalidSourceAzureResourceId ModelCopyAuthorizationExpired InvalidTest
    EndpointWithoutLogging EndpointNotUpdatable SingleDefaultEndpoint EndpointCannotBeDefault
    ModelDeploymentNotCompleteState DeployingFailedModel DeployNotAllowed UnsupportedTimeRange InvalidLogDate
    InvalidLogId InvalidLogStartTime InvalidLogEndTime InvalidTopForLogs InvalidSkipTokenForLogs
    InvalidTranscription InvalidRecordingsUri OnlyOneOfUrlsOrContainerOrDataset ExceededNumberOfRecordingsUris
    InvalidChannels InvalidTimeToLive InUseViolation DeleteNotAllowed Forbidden InvalidPermissions
    InvalidPrerequisite InvalidProductId InvalidSubscription SubscriptionNotFound QuotaViolation SkuLimitsExist
    InaccessibleCustomerStorage InvalidSasValidityDuration InvalidCallbackUri InvalidWebHookEventKind
"""
CODES = frozenset(_CODES.split())
INNER_CODES = frozenset(_INNER_CODES.split())
_MEMBER = re.compile(r"""(?P<name>"[^"]*"|'[^']*'|[^"'\[{].*?):(\s(?P<rest>.*))?$""")
TYPES: dict[Any, Any] = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list}
FORMATS = {"date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "uri": r"(https?|wss?)://"}
SKIPPED = ("description", "example", "title", "examples", "summary")


def check_error(body: Any) -> None:
    """An error of the service has the contract's flat shape and codes."""
    assert set(body) <= {"code", "message", "target", "details", "innerError"}
    assert body["code"] in CODES
    assert body["message"].strip()
    if inner := body.get("innerError"):
        assert inner["code"] in INNER_CODES
        assert inner["message"].strip()


@cache
def read(path: Path) -> Any:
    """The document, without what is only for people."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return _value(list(_without_prose(lines)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_prose(lines: list[str]) -> Iterator[str]:
    """Drops members for people, and joins what was broken at the margin."""
    skipped: int | None = None
    for line in lines:
        depth, text = _indent(line), line.strip()
        if skipped is not None and (depth > skipped or (depth == skipped and text.startswith("- "))):
            continue
        skipped = None
        if re.fullmatch(rf"({'|'.join(SKIPPED)}):.*", text):
            skipped = depth
            continue
        yield line


def _value(lines: list[str]) -> Any:
    if lines[0].lstrip().startswith("- "):
        return [_value(item) for item in _items(lines)]
    if not _MEMBER.match(lines[0].strip()):
        return _scalar(" ".join(line.strip() for line in lines))
    found = {}
    for member in _members(lines):
        match = _MEMBER.match(member[0].strip())
        assert match
        name, rest = match["name"].strip("\"'"), (match["rest"] or "").strip()
        below = ([rest] if rest else []) + member[1:]
        found[name] = _scalar(rest) if rest and len(member) == 1 else _value(below) if below else None
    return found


def _members(lines: list[str]) -> list[list[str]]:
    depth = _indent(lines[0])
    members: list[list[str]] = []
    for line in lines:
        if _indent(line) == depth and not line.lstrip().startswith("- "):
            members.append([line])
        else:
            members[-1].append(line)
    return members


def _items(lines: list[str]) -> list[list[str]]:
    depth = _indent(lines[0])
    items: list[list[str]] = []
    for line in lines:
        if _indent(line) == depth and line.lstrip().startswith("- "):
            items.append([" " * (depth + 2) + line.lstrip()[2:]])
        else:
            items[-1].append(line)
    return items


def _scalar(text: str) -> Any:
    text = text.strip()
    if text[:1] in ("'", '"'):
        return text[1:-1]
    return {"true": True, "false": False, "{}": {}, "[]": []}.get(text, text)


class Contract:
    """The schemas of one version, as an OpenAPI document has them; a `complete` one names every member."""

    def __init__(self, document: Any, *, complete: bool = False) -> None:
        self._document = document
        self._complete = complete

    def operations(self) -> dict[str, tuple[str, str]]:
        """Method and path of each operation."""
        return {
            operation["operationId"]: (method.upper(), path)
            for path, methods in self._document["paths"].items()
            for method, operation in methods.items()
        }

    def schema(self, name: str) -> Any:
        """A named schema."""
        return self._document["components"]["schemas"][name]

    def headers(self, operation_id: str, status: int) -> set[str]:
        """The headers that an answer may have, in small letters."""
        method, path = self.operations()[operation_id]
        response = self._document["paths"][path][method.lower()]["responses"][str(status)]
        return {name.lower() for name in response.get("headers", {})}

    def check(self, operation_id: str, status: int, body: Any) -> None:
        """The answer is declared for the operation, and fits its schema."""
        method, path = self.operations()[operation_id]
        responses = self._document["paths"][path][method.lower()]["responses"]
        assert str(status) in responses, f"{operation_id} does not answer {status}"
        content = responses[str(status)].get("content") or {}
        if schema := (content.get("application/json") or {}).get("schema"):
            self.fit(body, schema, operation_id)
        else:
            assert body is None, f"{operation_id} has no body"

    def fit(self, value: Any, schema: Any, where: str) -> None:
        """Raises: AssertionError naming the member that does not fit."""
        if reference := schema.get("$ref"):
            self.fit(value, self.schema(reference.rpartition("/")[2]), where)
            return
        for part in schema.get("allOf", ()):
            self.fit(value, part, where)
        for name in schema.get("required", ()):
            assert name in value, f"{where}: {name} is missing"
        if options := schema.get("enum"):
            assert value in options, f"{where}: {value} is none of {options}"
        self._fit_type(value, schema, where)

    def _fit_type(self, value: Any, schema: Any, where: str) -> None:
        kind = TYPES.get(schema.get("type"), object)
        assert isinstance(value, kind), f"{where}: {value!r} is no {schema.get('type')}"
        if pattern := FORMATS.get(schema.get("format")):
            assert re.match(pattern, value), f"{where}: {value}"
        for number, item in enumerate(value if isinstance(value, list) else ()):
            self.fit(item, schema["items"], f"{where}[{number}]")
        if self._complete and "properties" in schema and "additionalProperties" not in schema:
            assert set(value) <= set(schema["properties"]), f"{where}: {set(value) - set(schema['properties'])}"
        for name, member in schema.get("properties", {}).items():
            if isinstance(value, dict) and name in value:
                self.fit(value[name], member, f"{where}.{name}")
        if isinstance(value, dict) and isinstance(further := schema.get("additionalProperties"), dict):
            for name, member in value.items():
                if name not in schema.get("properties", {}):
                    self.fit(member, further, f"{where}.{name}")
