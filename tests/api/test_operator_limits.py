"""What the operator allows: refused beyond that, in the contract's words; and told to whom it binds."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from caller import reference

from speechsmith.config import Settings
from speechsmith.domain.errors import TooMany
from speechsmith.domain.projects import Project
from speechsmith.main import CannotStart, open_home
from speechsmith.services import projects
from speechsmith.services.limits import limited

NEW = {"displayName": "thing", "locale": "en-US"}


def test_nothing_is_limited_unless_the_operator_says_so(sqlite_api):
    for _ in range(120):
        assert sqlite_api.get("/projects").status_code == 200

    shown = sqlite_api.get("/limits").json()
    assert (shown["requests"], shown["trainingAudio"]) == ({}, {})
    assert shown["entities"]["projects"] == {"used": 0}


def test_who_sends_too_many_requests_is_told_when_to_go_on(versioned):
    api = versioned.under(max_requests=3, request_window_s=60.0)

    answers = [api.get("/projects") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "TooManyRequests"
    assert "may send 3 requests in 60 seconds" in answers[3].json()["message"]
    wait = int(answers[3].headers["retry-after"])
    assert 40 < wait <= 60
    assert api.as_tenant("stranger").get("/projects").status_code == 200
    api.bench.clock.time += timedelta(seconds=wait)
    assert api.get("/projects").status_code == 200


def test_a_flood_of_requests_does_not_fill_the_log(sqlite_api, caplog):
    api = sqlite_api.under(max_requests=1, request_window_s=600.0)

    with caplog.at_level(logging.INFO, "speechsmith.api"):
        answers = [api.post("/projects", NEW).status_code for _ in range(9)]

    assert (answers, len(caplog.records)) == ([201, *[429] * 8], 1)


def test_the_body_of_one_request_too_many_is_not_read(sqlite_api):
    api = sqlite_api.under(max_requests=1, request_window_s=600.0)
    api.get("/projects")

    async def chunks():
        pytest.fail("it was read")
        yield b""

    assert api.call("POST", "/datasets/upload", content=chunks()).status_code == 429


def test_a_resource_has_as_many_entities_as_it_may(api):
    limits = api.under(max_entities="projects=2, models=1")
    made = [limits.project() for _ in range(2)]

    refused = limits.post("/projects", NEW)

    assert refused.status_code == 429
    assert (refused.json()["code"], refused.json()["innerError"]["code"]) == ("TooManyRequests", "QuotaViolation")
    assert "has 2 projects, which is all that it may have here" in refused.json()["message"]
    assert "retry-after" not in refused.headers
    assert len(limits.get("/projects").json()["values"]) == 2
    assert limits.patch(made[0]["self"], {"displayName": "x"}).status_code == 200
    limits.delete(made[0]["self"])
    assert limits.post("/projects", NEW).status_code == 201
    assert limits.as_tenant("stranger").post("/projects", NEW).status_code == 201


def test_of_what_is_refused_nothing_is_left(sqlite_api):
    api = sqlite_api.under(max_entities="endpoints=0, datasets=0")
    upload = {"data": NEW | {"kind": "Language"}, "files": {"data": b"one line\n"}}

    sent = [api.post("/endpoints", NEW | {"text": "gasket"}), api.call("POST", "/datasets/upload", **upload)]

    assert [response.status_code for response in sent] == [429, 429]
    assert api.get("/endpoints").json() == api.get("/datasets").json() == {"values": []}
    assert api.bench.claim() is None
    assert not [path for path in (api.bench.folder / "blobs").rglob("*") if path.is_file()]


def test_many_at_once_get_no_further_than_one_after_the_other(bench):
    ctx = limited(bench.limited(max_entities="projects=3").ctx)

    def create(_: int) -> bool:
        try:
            projects.create(ctx, bench.me, bench.labels())
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(16)))

    assert made.count(True) == 3
    with bench.ctx.store.read(bench.me) as tx:
        assert tx.table(Project).count() == 3


def test_a_refusal_for_want_of_room_keeps_no_name(sqlite_api):
    api = sqlite_api.under(max_entities="projects=0")
    key = {"Idempotency-Key": "k"}

    refused = api.post("/projects", NEW, headers=key)
    made = sqlite_api.post("/projects", NEW, headers=key)

    assert (refused.status_code, made.status_code) == (429, 201)


def test_a_dataset_is_as_large_as_its_kind_may_be(sqlite_api):
    api = sqlite_api.under(max_file_bytes="Language=10")
    fields = NEW | {"kind": "Language"}

    small = api.call("POST", "/datasets/upload", data=fields, files={"data": b"0123456789"})
    large = api.call("POST", "/datasets/upload", data=fields, files={"data": b"0123456789\n"})
    other = api.call("POST", "/datasets/upload", data=NEW | {"kind": "Pronunciation"}, files={"data": b"0123456789\n"})

    assert (small.status_code, large.status_code, other.status_code) == (201, 400, 201)
    assert large.json()["innerError"]["code"] == "QuotaViolation"
    assert "11 bytes; Language datasets have at most 10 here" in large.json()["message"]


def test_the_operator_may_allow_more_of_a_kind_than_the_published_service(sqlite_api):
    word = b"torx\ttorks\n" * (1 << 17)  # 1.4 MB
    fields = NEW | {"kind": "Pronunciation"}

    refused = sqlite_api.call("POST", "/datasets/upload", data=fields, files={"data": word})
    api = sqlite_api.under(max_file_bytes="Pronunciation=2000000")
    taken = api.done(api.call("POST", "/datasets/upload", data=fields, files={"data": word}).json())

    assert "at most 1048576 here" in refused.json()["message"]
    assert taken["properties"]["acceptedLineCount"] == 1 << 17
    limits = [one.get("/limits").json()["datasetBytes"]["Pronunciation"]["limit"] for one in (sqlite_api, api)]
    assert limits == [1 << 20, 2_000_000]


def test_blocks_and_links_bring_no_more_than_a_form(sqlite_api, web):
    api = sqlite_api.under(max_file_bytes="Language=10")
    folder, url = web
    (folder / "text.txt").write_bytes(b"0123456789\n")
    shell = api.make("datasets", kind="Language")
    for name in ("AAAA", "BBBB"):
        api.call("PUT", f"{shell['links']['uploadBlocks']}?blockid={name}", content=b"012345")

    committed = api.post(shell["links"]["commitBlocks"], [{"kind": "Latest", "id": name} for name in ("AAAA", "BBBB")])
    linked = api.done(api.make("datasets", kind="Language", contentUrl=f"{url}/text.txt"))

    assert (committed.status_code, committed.json()["innerError"]["code"]) == (400, "QuotaViolation")
    assert linked["status"] == "Failed"
    assert api.post(shell["links"]["commitBlocks"], [{"kind": "Latest", "id": "AAAA"}]).status_code == 200


def test_a_model_learns_from_as_many_hours_as_it_may(sqlite_api):
    data = sqlite_api.dataset()
    api = sqlite_api.under(max_training_hours=0.001)
    body = NEW | {"datasets": [reference(data)]}

    refused = api.post("/models", body)

    assert (refused.status_code, refused.json()["target"]) == (400, "datasets")
    assert refused.json()["innerError"]["code"] == "QuotaViolation"
    assert "hours of audio; a model is trained with at most 0.001 here" in refused.json()["message"]
    assert sqlite_api.under(max_training_hours=1.0).post("/models", body).status_code == 201


def test_limits_and_use_are_shown_to_their_resource_alone(versioned):
    versioned.project()
    api = versioned.under(
        max_requests=100,
        request_window_s=2.5,
        max_entities="projects=2,webhooks=9",
        max_file_bytes=f"Language=10,Acoustic={2**60}",
        max_training_hours=20.0,
    )

    shown = api.get("/limits").json()

    assert shown["requests"] == {"limit": 100, "window": "PT2.5S", "used": 1}
    assert shown["entities"]["projects"] == {"limit": 2, "used": 1}
    assert shown["entities"]["datasets"] == {"used": 0}
    assert shown["entities"]["webhooks"] == {"limit": 9, "used": 0}
    assert shown["datasetBytes"]["Language"] == {"limit": 10}
    assert shown["datasetBytes"]["Acoustic"] == {"limit": 2 * 1024**3}  # no more than an upload of any kind
    assert ("OutputFormatting" in shown["datasetBytes"]) == (versioned.version == "v3.2")
    assert shown["trainingAudio"] == {"limit": "PT20H"}
    assert api.as_tenant("stranger").get("/limits").json()["entities"]["projects"] == {"limit": 2, "used": 0}


@pytest.mark.parametrize(
    ("settings", "about"),
    [
        ({"max_entities": "cats=1"}, r"SPEECHSMITH_MAX_ENTITIES cannot be read: 'cats' is none of projects, datasets"),
        ({"max_file_bytes": "Language"}, r"SPEECHSMITH_MAX_FILE_BYTES cannot be read: 'Language' is no name"),
        ({"request_window_s": 0.0}, r"SPEECHSMITH_REQUEST_WINDOW_S is a number of seconds above 0"),
    ],
)
def test_a_limit_that_cannot_be_read_stops_the_start(tmp_path, settings, about):
    with pytest.raises(CannotStart, match=about):
        open_home(Settings(home=tmp_path, **settings))
