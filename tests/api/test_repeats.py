"""A create that is sent again: one entity, whatever happened in between; and what cannot be the same request."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest
from caller import Api, reference

from speechsmith.api.operations import OPERATIONS
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.errors import Conflict, Invalid
from speechsmith.domain.projects import Project
from speechsmith.jobs.sweeper import sweep
from speechsmith.services import projects, repeats

NEW = {"displayName": "thing", "locale": "en-US"}


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def count(api: Api, collection: str) -> int:
    return len(api.get(f"/{collection}").json()["values"])


def test_the_same_request_again_makes_nothing_new(api):
    first = api.post("/projects", NEW, headers=keyed("k"))

    again = api.post("/projects", NEW, headers=keyed("k"))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert count(api, "projects") == 1


def test_without_a_name_each_request_counts(sqlite_api):
    sqlite_api.post("/projects", NEW)
    sqlite_api.post("/projects", NEW)
    sqlite_api.post("/projects", NEW, headers=keyed("1"))
    sqlite_api.post("/projects", NEW, headers=keyed("2"))

    assert count(sqlite_api, "projects") == 4


def test_whatever_can_be_made_can_be_sent_again(versioned):
    data = versioned.dataset()
    base = reference(versioned.base())
    bodies = {
        "Projects_Create": {"json": NEW},
        "Datasets_Create": {"json": NEW | {"kind": "Language"}},
        "Datasets_Upload": {"data": NEW | {"kind": "Language"}, "files": {"data": b"one line\n"}},
        "Models_Create": {"json": NEW | {"datasets": [reference(data)]}},
        "Evaluations_Create": {"json": NEW | {"model1": base, "model2": base, "dataset": reference(data)}},
        "Endpoints_Create": {"json": NEW | {"text": "gasket"}},
        "Transcriptions_Create": {"json": NEW | {"dataset": reference(data)}},
        "WebHooks_Create": {"json": NEW | {"webUrl": "http://127.0.0.1:1/hook", "events": {"ping": True}}},
    }

    for operation in OPERATIONS:
        if operation.creates is None or "{" in operation.path:
            continue
        before = count(versioned, operation.path.split("/")[1])
        sent = [
            versioned.call("POST", operation.path, headers=keyed(operation.id), **bodies[operation.id])
            for _ in range(3)
        ]

        assert [response.status_code for response in sent] == [201] * 3, f"{operation.id} {sent[0].text}"
        assert len({response.json()["self"] for response in sent}) == 1, operation.id
        assert count(versioned, operation.path.split("/")[1]) == before + 1


def test_a_model_that_is_trained_again_twice_is_one_model(sqlite_api):
    bases = sqlite_api.get("/models/base?filter=locale eq 'en-US'").json()["values"]
    old = next(base for base in bases if base["displayName"] == "20240101")
    models = [sqlite_api.done(sqlite_api.make("models", text="gasket", baseModel=reference(old))) for _ in range(2)]

    sent = [sqlite_api.post(f"{models[0]['self']}:rebase", {}, headers=keyed("k")) for _ in range(2)]
    other = sqlite_api.post(f"{models[1]['self']}:rebase", {}, headers=keyed("k"))

    assert [response.status_code for response in sent] == [201, 201], sent[0].text
    assert sent[0].json()["self"] == sent[1].json()["self"] == sent[1].headers["location"]
    assert (other.status_code, other.json()["code"]) == (409, "Conflict")
    assert count(sqlite_api, "models") == 3


def test_a_copy_that_is_sent_again_is_the_same_operation(sqlite_api):
    model = sqlite_api.done(sqlite_api.make("models", text="gasket"))
    target = sqlite_api.as_tenant("target")
    allowed = target.post("/models:authorizecopy", {"sourceResourceId": str(sqlite_api.bench.me)}).json()

    first = sqlite_api.post(f"{model['self']}:copy", allowed, headers=keyed("k"))
    again = sqlite_api.post(f"{model['self']}:copy", allowed, headers=keyed("k"))
    unnamed = sqlite_api.post(f"{model['self']}:copy", allowed)

    assert (first.status_code, again.status_code) == (202, 202), first.text
    assert again.json() == first.json()
    assert again.headers["operation-location"] == first.headers["operation-location"] == first.json()["self"]
    assert (again.headers["retry-after"], again.headers["idempotent-replayed"]) == ("1", "true")
    assert unnamed.json()["innerError"]["code"] == "ModelCopyAuthorizationExpired"
    assert count(target, "models") == 1


def test_of_two_equal_requests_the_one_that_is_refused_shows_what_the_other_has_made(sqlite_bench):
    bench, request = sqlite_bench, repeats.Named("k", "digest", "Idempotency-Key")

    def overtaken(ctx):
        repeats.once(bench.ctx, bench.me, Project, request, make=quicker, show=lambda made: made)
        raise Conflict("Conflict", "There is no second one.")

    def quicker(ctx):
        return projects.create(ctx, bench.me, bench.labels()).id

    shown = repeats.once(bench.ctx, bench.me, Project, request, make=overtaken, show=lambda made: made)

    with bench.ctx.store.read(bench.me) as tx:
        assert [project.id for project in tx.table(Project).page().values] == [shown]


def test_who_asks_again_sees_the_entity_as_it_is_now(versioned):
    first = versioned.post("/endpoints", NEW, headers=keyed("k")).json()
    versioned.bench.work_off()

    again = versioned.post("/endpoints", NEW, headers=keyed("k")).json()

    assert (first["status"], again["status"]) == ("NotStarted", "Succeeded")
    assert again == versioned.get(first["self"]).json()


@pytest.mark.parametrize(
    ("path", "body"), [("/projects", NEW | {"displayName": "other"}), ("/datasets", NEW | {"kind": "Language"})]
)
def test_one_name_is_for_one_request(api, path, body):
    made = api.post("/projects", NEW, headers=keyed("k")).json()

    response = api.post(path, body, headers=keyed("k"))

    assert (response.status_code, response.json()["code"]) == (409, "Conflict")
    assert response.json()["target"] == "Idempotency-Key"
    assert made["createdDateTime"][:16] in response.json()["message"]
    assert (count(api, "projects"), count(api, "datasets")) == (1, 0)


def test_two_uploads_of_one_name_differ_by_their_files(sqlite_api):
    fields = NEW | {"kind": "Language"}

    sent = [
        sqlite_api.call("POST", "/datasets/upload", data=fields, files={"data": data}, headers=keyed("k"))
        for data in (b"one\n", b"two\n", b"one\n")
    ]

    assert [response.status_code for response in sent] == [201, 409, 201]


def test_how_a_body_is_written_does_not_matter(sqlite_api):
    written = b'{"locale":  "en-US", "nobodyKnows": 1,\n "displayName": "thing"}'

    first = sqlite_api.post("/projects", NEW, headers=keyed("k")).json()
    again = sqlite_api.call(
        "POST", "/projects", content=written, headers=keyed("k") | {"Content-Type": "application/json"}
    ).json()

    assert again == first


def test_what_was_refused_may_be_sent_again_and_better(sqlite_api):
    refused = sqlite_api.post("/projects", NEW | {"locale": "xx-XX"}, headers=keyed("k"))
    made = sqlite_api.post("/projects", NEW, headers=keyed("k"))

    assert (refused.status_code, made.status_code) == (400, 201)


def test_a_name_belongs_to_one_resource(sqlite_api):
    mine = sqlite_api.post("/projects", NEW, headers=keyed("k")).json()
    theirs = sqlite_api.as_tenant("stranger").post("/projects", NEW | {"displayName": "other"}, headers=keyed("k"))

    assert (theirs.status_code, theirs.json()["self"] != mine["self"]) == (201, True)


def test_what_was_made_and_deleted_is_not_made_again(api):
    made = api.post("/projects", NEW, headers=keyed("k")).json()
    api.delete(made["self"])

    response = api.post("/projects", NEW, headers=keyed("k"))

    assert (response.status_code, response.json()["code"]) == (409, "Conflict")
    assert "which is deleted" in response.json()["message"]
    assert count(api, "projects") == 0


def test_a_name_is_known_after_a_restart_and_for_a_day(api):
    first = api.post("/projects", NEW, headers=keyed("k")).json()
    restarted = api.under()

    api.bench.clock.time += timedelta(hours=23)
    sweep(api.bench.ctx, lambda *_: None)
    known = restarted.post("/projects", NEW, headers=keyed("k")).json()
    api.bench.clock.time += timedelta(hours=1)
    anew = restarted.post("/projects", NEW | {"displayName": "later"}, headers=keyed("k"))

    assert known["self"] == first["self"]
    assert (anew.status_code, anew.json()["self"] != first["self"]) == (201, True)
    api.bench.clock.time += timedelta(hours=25)
    sweep(api.bench.ctx, lambda *_: None)
    with api.bench.ctx.store.read(api.bench.me) as tx:
        assert tx.repeats.find("k", since=api.bench.clock.time - timedelta(days=900)) is None


def test_of_requests_at_the_same_time_one_makes_the_entity(bench):
    request = repeats.Named("k", "digest", "Idempotency-Key")

    def send(_: int):
        return repeats.once(
            bench.ctx,
            bench.me,
            Project,
            request,
            make=lambda ctx: projects.create(ctx, bench.me, bench.labels()).id,
            show=lambda found: found,
        )

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(send, range(16)))

    with bench.ctx.store.read(bench.me) as tx:
        assert {project.id for project in tx.table(Project).page().values} == made
    assert len(made) == 1


def test_a_write_that_dies_before_its_end_leaves_no_name(bench):
    def dies(ctx):
        with ctx.store.write(bench.me) as tx:
            tx.table(Project).add(Project(id=uuid4(), resource_id=bench.me, **_labels(bench)))
            raise KeyboardInterrupt

    request = repeats.Named("k", "digest", "Idempotency-Key")
    with pytest.raises(KeyboardInterrupt):
        repeats.once(bench.ctx, bench.me, Project, request, make=dies, show=pytest.fail)

    id = repeats.once(
        bench.ctx,
        bench.me,
        Project,
        request,
        make=lambda ctx: projects.create(ctx, bench.me, bench.labels()).id,
        show=pytest.fail,
    )
    assert repeats.once(bench.ctx, bench.me, Project, request, make=pytest.fail, show=lambda found: found) == id


def _labels(bench):
    return {"locale": "en-US", "display_name": "x", "created_at": bench.ctx.now()}


# the headers


def first_sent(api: Api, hours: float = 0.0) -> str:
    return format_datetime(api.bench.clock.time - timedelta(hours=hours), usegmt=True)


def test_repeatability_headers_do_the_same_and_are_answered(sqlite_api):
    headers = {"Repeatability-Request-ID": str(uuid4()), "Repeatability-First-Sent": first_sent(sqlite_api)}

    first = sqlite_api.post("/projects", NEW, headers=headers)
    again = sqlite_api.post("/projects", NEW, headers=headers)
    other = sqlite_api.post("/projects", NEW | {"displayName": "other"}, headers=headers)
    wrong = sqlite_api.post("/projects", {}, headers=headers)

    assert again.json() == first.json()
    results = [response.headers["repeatability-result"] for response in (first, again, other, wrong)]
    assert results == ["accepted", "accepted", "rejected", "rejected"]
    assert (other.status_code, other.json()["target"]) == (409, "Repeatability-Request-ID")


def test_what_cannot_be_repeated_is_not_said_to_be(sqlite_api):
    headers = {"Repeatability-Request-ID": "1", "Repeatability-First-Sent": "never", "Idempotency-Key": "2"}
    made = sqlite_api.project()

    for response in (
        sqlite_api.get("/projects", headers=headers),
        sqlite_api.patch(made["self"], {"displayName": "x"}, headers=headers),
        sqlite_api.delete(made["self"], headers=headers),
    ):
        assert response.status_code < 300
        assert "repeatability-result" not in response.headers
    assert "repeatability-result" not in sqlite_api.post("/projects", NEW).headers


@pytest.mark.parametrize(
    ("headers", "target", "about"),
    [
        ({"Idempotency-Key": ""}, "Idempotency-Key", "1 to 255 printable ASCII"),
        ({"Idempotency-Key": "x" * 256}, "Idempotency-Key", "1 to 255"),
        ({"Idempotency-Key": "ä"}, "Idempotency-Key", "ASCII"),
        ({"Idempotency-Key": "a\tb"}, "Idempotency-Key", "printable"),
        ({"Idempotency-Key": "a", "Repeatability-Request-ID": "b"}, "Idempotency-Key", "send one of them"),
        ({"Repeatability-Request-ID": "a"}, "Repeatability-First-Sent", "such as Tue, 15 Nov 2022 08:12:31 GMT"),
        ({"Repeatability-Request-ID": "a", "Repeatability-First-Sent": "now"}, "Repeatability-First-Sent", "such as"),
        (
            {"Repeatability-Request-ID": "a", "Repeatability-First-Sent": "Tue, 15 Nov 2022 08:12:31 GMT"},
            "Repeatability-First-Sent",
            "more than 24 hours ago",
        ),
        (
            {"Repeatability-Request-ID": "a", "Repeatability-First-Sent": "Tue, 15 Nov 2062 08:12:31 -0000"},
            "Repeatability-First-Sent",
            "no zone",
        ),
        (
            {"Repeatability-Request-ID": "a", "Repeatability-First-Sent": f"Tue, {'9' * 30} Nov 2022 08:12:31 GMT"},
            "Repeatability-First-Sent",
            "such as",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(sqlite_api, headers, target, about):
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}

    response = sqlite_api.post("/projects", NEW, headers=encoded)

    assert (response.status_code, response.json()["target"]) == (400, target)
    assert about in response.json()["message"]
    assert count(sqlite_api, "projects") == 0
    if "Repeatability-Request-ID" in headers:
        assert response.headers["repeatability-result"] == "rejected"


# the store's part


def test_a_check_has_the_last_word_in_each_write(bench):
    seen = []

    def check(tx):
        seen.extend(entity.display_name for entity in tx.added)
        if "refused" in seen:
            raise Invalid("InvalidPayload", "no")

    store = bench.ctx.store.checked(check)
    project = Project(id=uuid4(), resource_id=bench.me, **_labels(bench))
    with store.write(bench.me) as tx:
        tx.table(Project).add(project)
    with pytest.raises(Invalid), store.write(bench.me) as tx:
        tx.table(Project).add(Project(id=uuid4(), resource_id=bench.me, **_labels(bench) | {"display_name": "refused"}))

    assert seen == ["x", "refused"]
    with bench.ctx.store.read(bench.me) as tx:
        assert tx.table(Project).page().values == [project]


def test_a_name_of_another_kind_of_entity_is_another_request(bench):
    request = repeats.Named("k", "digest", "Idempotency-Key")
    repeats.once(
        bench.ctx,
        bench.me,
        Project,
        request,
        make=lambda ctx: projects.create(ctx, bench.me, bench.labels()),
        show=pytest.fail,
    )

    with pytest.raises(Conflict):
        repeats.once(bench.ctx, bench.me, Dataset, request, make=pytest.fail, show=pytest.fail)
