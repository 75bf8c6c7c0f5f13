"""Our own OpenAPI documents: open to all, whole, and the same as before. That answers fit them, `caller` checks."""

import json
import re
from pathlib import Path

import pytest

from contract import Contract
from speechsmith.api.call import VERSIONS
from speechsmith.api.openapi import document, text
from speechsmith.api.operations import OPERATIONS
from speechsmith.api.shapes import successes

GOLDEN = Path(__file__).parent / "golden"
BY_NAME = {version.name: version for version in VERSIONS}


@pytest.mark.parametrize("version", BY_NAME)
def test_a_released_shape_does_not_change(version):
    path = GOLDEN / f"openapi-{version}.json"

    assert json.loads(path.read_bytes()) == json.loads(text(BY_NAME[version])), (
        f"The shape of {version} has changed. Clients rely on it: nothing may go, and nothing may become required in a "
        f"request. If it only grew: python -m speechsmith.api.openapi {version} > {path.relative_to(Path.cwd())}"
    )


@pytest.mark.parametrize("version", BY_NAME)
def test_the_document_is_there_for_everybody(sqlite_api, version):
    response = sqlite_api.without_key().get(f"http://speech.test/openapi/{version}.json")

    assert (response.status_code, response.headers["content-type"]) == (200, "application/json; charset=utf-8")
    assert response.json() == document(BY_NAME[version])
    assert sqlite_api.without_key().get("http://speech.test/openapi/v9.json").status_code == 404


@pytest.mark.parametrize("version", BY_NAME)
def test_every_operation_of_the_version_is_told(version):
    told = Contract(document(BY_NAME[version])).operations()

    known = {operation.id: operation for operation in OPERATIONS if BY_NAME[version] in operation.versions}
    assert set(told) == set(known)
    for id, (method, path) in told.items():
        assert method == known[id].method
        assert path.count("{") == known[id].path.count("{")
    assert ("Models_CopyTo" in told, "Models_Copy" in told) == (version == "v3.1", version == "v3.2")


def test_the_published_operations_are_told_as_they_were_published(published):
    ours = Contract(document(BY_NAME["v3.2"]))

    for operation in OPERATIONS:
        if operation.is_ours or BY_NAME["v3.2"] not in operation.versions:
            continue
        assert ours.operations()[operation.id] == published.operations()[operation.id]
        for success in successes(operation):
            more = ours.headers(operation.id, success.status) - published.headers(operation.id, success.status)
            assert more <= {"x-request-id", "repeatability-result", "idempotent-replayed"}, operation.id


@pytest.mark.parametrize("version", BY_NAME)
def test_what_is_referred_to_is_there_and_nothing_else(version):
    told = document(BY_NAME[version])

    written = text(BY_NAME[version]).decode()
    named = set(re.findall(r'"#/components/(\w+)/([\w-]+)"', written))

    there = {(kind, name) for kind, members in told["components"].items() for name in members}
    assert named == {(kind, name) for kind, name in there if kind != "securitySchemes"}
    assert not re.search("x-only-in|\\$defs|_scored|:uuid", written)


def test_versions_differ_where_the_contract_says_so():
    older, newer = (document(BY_NAME[version])["components"]["schemas"] for version in ("v3.1", "v3.2"))

    def members(schemas, name):
        return set(schemas[name]["properties"])

    assert members(newer, "DatasetProperties") - members(older, "DatasetProperties") == {"textNormalizationKind"}
    assert members(older, "CustomModelLinks") ^ members(newer, "CustomModelLinks") == {"copy", "copyTo"}
    assert "tokenErrorRate1" in members(newer, "EvaluationProperties") - members(older, "EvaluationProperties")
    assert set(newer) - set(older) >= {"Operation", "ModelCopyAuthorization", "TokenErrorDetails"}


def test_the_check_of_our_own_answers_can_fail():
    strict = Contract(document(BY_NAME["v3.2"]), complete=True)
    good = {"self": "http://x/", "code": "x"}

    with pytest.raises(AssertionError, match="code"):
        strict.fit(good, strict.schema("EntityReference"), "here")
    with pytest.raises(AssertionError, match="is missing"):
        strict.fit({}, strict.schema("EntityReference"), "here")
