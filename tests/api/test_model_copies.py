"""Copies of models into other resources of this server, in both versions: what comes along, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from caller import ROOT, reference, refused

from speechsmith.api.auth import KEY_HEADER
from speechsmith.domain.copies import AUTHORIZED
from speechsmith.jobs.sweeper import sweep
from speechsmith.services.entities import remove_expired
from speechsmith.store.scope import EVERY_RESOURCE


@pytest.fixture
def model(sqlite_api):
    """A model of the source, in a project, trained from a dataset."""
    project, words = sqlite_api.project(), sqlite_api.dataset(b"gasket\n", "Language")
    made = sqlite_api.make(
        "models",
        displayName="clinic",
        description="of the north",
        customProperties={"ward": "3"},
        project=reference(project),
        datasets=[reference(words)],
        properties={"customModelWeightPercent": 40},
    )
    return sqlite_api.done(made)


@pytest.fixture
def target(sqlite_api):
    """A client of another resource, in another region."""
    return sqlite_api.as_tenant("target")


def resource_of(api):
    with api.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        return next(one for one in tx.resources.all() if one.name == api_name(api))


def api_name(api):
    return "first" if api.headers[KEY_HEADER] == api.bench.tenant.key1 else "target"


def authorized(target, source):
    """What the target gives to the source."""
    response = target.post("/models:authorizecopy", {"sourceResourceId": str(resource_of(source).id)})
    assert response.status_code == 200, response.text
    return response.json()


def content_of(api, model) -> dict[str, bytes]:
    """Every file of a model, and its report."""
    files = api.get(f"{model['self']}/manifest").json()["modelFiles"]
    found = {file["name"]: api.get(file["contentUrl"], checked=False).content for file in files}
    report = api.get(f"{model['self']}/files").json()["values"][0]
    return found | {report["name"]: api.get(report["links"]["contentUrl"], checked=False).content}


def check_copied(source, target, model, copy):
    """The copy is the model without what belongs to the source."""
    assert content_of(target, copy) == content_of(source, model)
    same = ("displayName", "description", "customProperties", "locale", "baseModel", "status", "properties")
    assert {name: copy.get(name) for name in same} == {name: model.get(name) for name in same}
    assert copy["datasets"] == []
    assert "project" not in copy
    assert copy["self"] != model["self"]


def test_a_model_is_copied_by_an_authorization_into_another_region(sqlite_api, target, model):
    authorization = authorized(target, sqlite_api)
    assert authorization["targetResourceRegion"] == "there"
    assert authorization["targetResourceEndpoint"] == ROOT

    response = sqlite_api.post(f"{model['self']}:copy", authorization)
    assert response.status_code == 202
    operation = response.json()
    assert response.headers["operation-location"] == operation["self"]
    assert operation["self"] == f"{ROOT}/speechtotext/v3.2/operations/models/copy/{operation['id']}"
    assert int(response.headers["retry-after"]) > 0
    assert operation["status"] == "NotStarted"
    (waiting,) = target.get("/models").json()["values"]
    assert waiting["status"] == "NotStarted"

    job = sqlite_api.bench.claim()
    response = sqlite_api.get(operation["self"])
    assert response.json()["status"] == "Running"
    assert response.headers["retry-after"]
    assert "result" not in response.json()
    sqlite_api.bench.finish(job)
    response = sqlite_api.get(operation["self"])
    assert response.json()["status"] == "Succeeded"
    assert "retry-after" not in response.headers
    copy = target.get(response.json()["result"]["link"]).json()
    assert copy["self"] == waiting["self"]
    check_copied(sqlite_api, target, model, copy)
    assert sqlite_api.get(copy["self"]).status_code == 404


def test_a_model_is_copied_by_the_key_of_the_target_in_v3_1(sqlite_api, target, model):
    source, there = sqlite_api.as_version("v3.1"), target.as_version("v3.1")
    seen = source.get(model["self"].replace("v3.2", "v3.1")).json()

    response = source.post(seen["links"]["copyTo"].lower(), {"targetSubscriptionKey": target.headers[KEY_HEADER]})

    assert response.status_code == 201
    made = response.json()
    assert response.headers["location"] == made["self"]
    assert made["status"] == "NotStarted"
    assert made == {**there.get(made["self"]).json(), "properties": made["properties"]}
    assert target.headers[KEY_HEADER] not in response.text
    check_copied(source, there, seen, there.done(made))


def test_a_copy_is_connected_to_a_project_of_its_locale_and_can_be_used(sqlite_api, target, model):
    sqlite_api.post(f"{model['self']}:copy", authorized(target, sqlite_api))
    sqlite_api.bench.work_off()
    (copy,) = target.get("/models").json()["values"]

    refused(target.patch(copy["self"], {"project": reference(target.project(locale="de-DE"))}), "InvalidLocale")
    assert target.patch(copy["self"], {"project": reference(sqlite_api.project())}).status_code == 404
    project = target.project()
    connected = target.patch(copy["self"], {"project": reference(project)})

    assert connected.json()["project"] == reference(project)
    assert target.done(target.make("endpoints", model=reference(copy)))["status"] == "Succeeded"


def test_the_copy_outlives_its_original_which_stays_until_it_is_copied(sqlite_api, target, model):
    operation = sqlite_api.post(f"{model['self']}:copy", authorized(target, sqlite_api)).json()

    response = sqlite_api.delete(model["self"])
    assert response.status_code == 409
    assert "in use by the copy 'clinic'" in response.json()["message"]
    before = content_of(sqlite_api, model)
    sqlite_api.bench.work_off()
    assert sqlite_api.delete(model["self"]).status_code == 204

    copy = target.get(sqlite_api.get(operation["self"]).json()["result"]["link"]).json()
    assert content_of(target, copy) == before


def test_a_copy_that_is_deleted_in_the_target_ends_the_operation(sqlite_api, target, model):
    operation = sqlite_api.post(f"{model['self']}:copy", authorized(target, sqlite_api)).json()
    (waiting,) = target.get("/models").json()["values"]

    assert target.delete(waiting["self"]).status_code == 204

    sqlite_api.bench.work_off()
    ended = sqlite_api.get(operation["self"]).json()
    assert ended["status"] == "Failed"
    assert ended["error"]["code"] == "CopyDeleted"
    assert sqlite_api.delete(model["self"]).status_code == 204


def test_a_copy_that_was_cut_off_by_a_kill_is_done_again(sqlite_api, target, model):
    bench = sqlite_api.bench
    operation = sqlite_api.post(f"{model['self']}:copy", authorized(target, sqlite_api)).json()
    late = bench.ran(killed := bench.claim())
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(killed.id).expire(bench.ctx.now(), owner_is_gone=True))

    second = bench.claim()
    with pytest.raises(Exception, match="no longer owns"):
        late()
    assert sqlite_api.get(operation["self"]).json()["status"] == "Running"
    bench.finish(second)

    copy = target.get(sqlite_api.get(operation["self"]).json()["result"]["link"]).json()
    check_copied(sqlite_api, target, model, copy)


def test_an_authorization_is_good_for_one_copy(sqlite_api, target, model):
    authorization = authorized(target, sqlite_api)
    assert sqlite_api.post(f"{model['self']}:copy", authorization).status_code == 202

    response = sqlite_api.post(f"{model['self']}:copy", authorization)

    assert "was used already" in refused(response, "ModelCopyAuthorizationExpired")
    assert len(target.get("/models").json()["values"]) == 1


def test_an_authorization_ends_by_itself(sqlite_api, target, model):
    authorization = authorized(target, sqlite_api)
    sqlite_api.bench.clock.time += AUTHORIZED
    response = sqlite_api.post(f"{model['self']}:copy", authorization)

    assert "has expired" in refused(response, "ModelCopyAuthorizationExpired")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", "0b4c6a1e-0000-4000-8000-000000000000"),
        ("id", "x.y"),
        ("targetResourceId", str(uuid4())),
        ("targetResourceRegion", "elsewhere"),
        ("targetResourceEndpoint", "http://169.254.169.254"),
        ("targetResourceEndpoint", "http://[::1"),
        ("expirationDateTime", "2099-01-01T00:00:00Z"),
    ],
)
def test_an_authorization_that_was_changed_is_refused(sqlite_api, target, model, member, value):
    changed = authorized(target, sqlite_api) | {member: value}
    response = sqlite_api.post(f"{model['self']}:copy", changed)

    assert "was not given by this server" in refused(response, "InvalidParameterValue")
    assert target.get("/models").json() == {"values": []}


def test_how_a_client_writes_the_date_does_not_matter(sqlite_api, target, model):
    authorization = authorized(target, sqlite_api)
    authorization["expirationDateTime"] = authorization["expirationDateTime"].replace("Z", ".000000+00:00")

    assert sqlite_api.post(f"{model['self']}:copy", authorization).status_code == 202


@pytest.mark.parametrize("missing", ["id", "targetResourceId", "sourceResourceId", "expirationDateTime"])
def test_an_authorization_that_lacks_a_member_is_refused_by_its_name(sqlite_api, target, model, missing):
    authorization = authorized(target, sqlite_api)
    del authorization[missing]

    assert missing in refused(sqlite_api.post(f"{model['self']}:copy", authorization), "InvalidPayload")


def test_an_authorization_is_for_the_source_that_it_names(sqlite_api, target, model):
    for_another = target.post("/models:authorizecopy", {"sourceResourceId": str(uuid4())}).json()

    response = sqlite_api.post(f"{model['self']}:copy", for_another)

    assert str(resource_of(sqlite_api).id) in refused(response, "InvalidSourceAzureResourceId")


@pytest.mark.parametrize("form", ["{id}", "{ID}", "{long}/{id}", "{long}/{name}", "{long}/FIRST/"])
def test_a_source_is_named_by_its_id_or_in_the_long_form(sqlite_api, target, model, form):
    me = resource_of(sqlite_api)
    long = f"/subscriptions/{uuid4()}/resourceGroups/speech/providers/Microsoft.CognitiveServices/accounts"
    named = form.format(id=me.id, ID=str(me.id).upper(), long=long, name=me.name)

    authorization = target.post("/models:authorizecopy", {"sourceResourceId": named}).json()

    assert authorization["sourceResourceId"] == named
    assert sqlite_api.post(f"{model['self']}:copy", authorization).status_code == 202


@pytest.mark.parametrize("named", ["first", "/subscriptions/x", "http://example.com", " "])
def test_what_is_no_resource_id_is_refused(target, named):
    refused(target.post("/models:authorizecopy", {"sourceResourceId": named}), "InvalidSourceAzureResourceId")


def test_whether_a_source_exists_is_not_told(target):
    nobody = target.post("/models:authorizecopy", {"sourceResourceId": str(uuid4())})
    response = target.post("/models:authorizecopy", {"sourceResourceId": ""})

    assert nobody.status_code == 200
    assert "sourceResourceId" in refused(response, "InvalidPayload")


def test_only_succeeded_models_of_the_caller_are_copied(sqlite_api, target, model):
    key = {"targetSubscriptionKey": target.headers[KEY_HEADER]}
    waiting = sqlite_api.make("models", text="gasket", displayName="next")
    old = sqlite_api.as_version("v3.1")

    for response in (
        sqlite_api.post(f"{waiting['self']}:copy", authorized(target, sqlite_api)),
        old.post(f"{waiting['self'].replace('v3.2', 'v3.1')}:copyto", key),
    ):
        assert "'next' is NotStarted" in refused(response, "InvalidModel")
    stranger, base = target.done(target.make("models", text="torx")), sqlite_api.base()
    for id in (uuid4(), stranger["self"].rpartition("/")[2], base["self"].rpartition("/")[2]):
        assert sqlite_api.post(f"/models/{id}:copy", authorized(target, sqlite_api)).status_code == 404
        assert old.post(f"/models/{id}:copyto", key).status_code == 404


def test_a_key_of_nobody_is_refused_with_the_way_that_works(sqlite_api, model):
    response = sqlite_api.as_version("v3.1").post(
        f"{model['self'].replace('v3.2', 'v3.1')}:copyto", {"targetSubscriptionKey": "0" * 32}
    )

    assert "POST /models:authorizecopy" in refused(response, "SubscriptionNotFound")
    assert "0" * 32 not in response.text


def test_an_operation_is_its_owners_alone(sqlite_api, target, model):
    operation = sqlite_api.post(f"{model['self']}:copy", authorized(target, sqlite_api)).json()

    assert target.get(operation["self"]).status_code == 404
    assert sqlite_api.get(f"/operations/models/copy/{uuid4()}").status_code == 404
    assert sqlite_api.as_version("v3.1").get(f"/operations/models/copy/{operation['id']}").status_code == 404


def test_an_operation_is_forgotten_a_month_after_it_ended_and_the_copy_is_not(sqlite_api, target, model):
    bench = sqlite_api.bench
    operation = sqlite_api.post(f"{model['self']}:copy", authorized(target, sqlite_api)).json()
    bench.work_off()

    for days, status in ((30, 200), (2, 404)):
        bench.clock.time += timedelta(days=days)
        sweep(bench.ctx, remove_expired)
        assert sqlite_api.get(operation["self"]).status_code == status
    assert len(target.get("/models").json()["values"]) == 1


def test_a_model_that_only_writes_otherwise_is_copied_too(sqlite_api, target):
    words = sqlite_api.dataset(b"#rewrite\ngasket\tGasket\n", "OutputFormatting")
    assert words["status"] == "Succeeded", words
    made = sqlite_api.done(sqlite_api.make("models", datasets=[reference(words)]))
    operation = sqlite_api.post(f"{made['self']}:copy", authorized(target, sqlite_api)).json()
    sqlite_api.bench.work_off()

    copy = target.get(sqlite_api.get(operation["self"]).json()["result"]["link"]).json()

    check_copied(sqlite_api, target, made, copy)


def test_the_limits_of_the_target_are_kept(sqlite_api, target, model):
    source = sqlite_api.under(max_entities="models=1")
    there = replace(source, headers=target.headers)
    operation = source.post(f"{model['self']}:copy", authorized(there, source))
    assert operation.status_code == 202, operation.text

    for answer in (
        source.post(f"{model['self']}:copy", authorized(there, source)),
        source.as_version("v3.1").post(
            f"{model['self'].replace('v3.2', 'v3.1')}:copyto", {"targetSubscriptionKey": target.headers[KEY_HEADER]}
        ),
    ):
        assert answer.json()["innerError"]["code"] == "QuotaViolation", answer.text
    assert len(there.get("/models").json()["values"]) == 1
    source.bench.work_off()
    assert source.get(operation.json()["self"]).json()["status"] == "Succeeded"


def test_each_version_has_its_own_way_to_copy(sqlite_api, model):
    old = model["self"].replace("v3.2", "v3.1")
    assert sqlite_api.post(f"{model['self']}:copyto", {"targetSubscriptionKey": "x"}).status_code == 404
    assert sqlite_api.as_version("v3.1").post(f"{old}:copy", {}).status_code == 404
    assert sqlite_api.as_version("v3.1").post("/models:authorizecopy", {}).status_code == 404
