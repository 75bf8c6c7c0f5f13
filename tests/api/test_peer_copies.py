"""Copies between two servers: what goes over the line, what is believed, and what happens when the line is cut."""

import asyncio
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from caller import ROOT, Api
from two_servers import Server, listening, served

from bench import Bench, Clock
from speechsmith.api.auth import KEY_HEADER
from speechsmith.config import Settings
from speechsmith.domain.copies import KEPT, proof
from speechsmith.domain.errors import Invalid
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.resources import key_digest
from speechsmith.engines import registry
from speechsmith.net import peers
from speechsmith.services import bundles, copies, model_choice, models, resources
from speechsmith.services.context import Context
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.sql import Store, sqlite_url


@dataclass
class Side:
    """One of the two servers, and a client of its first resource."""

    server: Server
    api: Api

    @property
    def bench(self) -> Bench:
        return self.server.bench

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def key(self) -> str:
        return self.bench.tenant.key1

    def model(self, self_: str) -> Any:
        return self.api.get(self_).json()

    def models(self) -> list[CustomModel]:
        with self.bench.ctx.store.read(EVERY_RESOURCE) as tx:
            return list(tx.table(CustomModel).page().values)


@pytest.fixture
def begin(sqlite_bench, sqlite_template, tmp_path):
    """Starts a source and a target; `source` and `target` say which peers each has, `limits` are the target's."""
    folder = tmp_path / "there"
    folder.mkdir()
    shutil.copyfile(sqlite_template, folder / "speechsmith.db")
    store = Store(sqlite_url(folder / "speechsmith.db"))
    ctx = Context(
        store=store,
        blobs=Blobs(str(folder / "blobs"), cache=folder / "scratch" / "blobs"),
        settings=Settings(home=folder),
        scratch=folder / "scratch",
        now=Clock(),
    )
    models.install_packaged(ctx, registry.engines().values())
    there = Bench(ctx, ctx.now, folder, resources.create(ctx, name="target", region="there"))
    with ExitStack() as stack:

        def start(source="there {target} trusted", target="here {source}", **limits):
            (a, url_a), (b, url_b) = listening(), listening()

            def side(bench, listener, url, named, **limits):
                known = bench.limited(peers=named.format(source=url_a, target=url_b), **limits)
                server = stack.enter_context(served(known, listener, url))
                runner = stack.enter_context(asyncio.Runner())
                headers = {KEY_HEADER: bench.tenant.key1, "Host": url.removeprefix("http://")}
                return Side(server, Api(known, server.line.app, runner, None, stack, headers=headers))

            return side(sqlite_bench, a, url_a, source), side(there, b, url_b, target, **limits)

        yield start
    store.close()


@pytest.fixture
def sides(begin):
    """A source and a target that know each other; the source trusts the target."""
    return begin()


def a_model(source):
    return source.api.done(source.api.make("models", text="gasket", displayName="clinic", description="of the north"))


@pytest.fixture
def source(sides):
    return sides[0]


@pytest.fixture
def target(sides):
    return sides[1]


@pytest.fixture
def model(source):
    return a_model(source)


def authorized(target, source):
    body = {"sourceResourceId": str(source.bench.me)}
    return target.api.post("/models:authorizecopy", body).json()


def send(source, target, model):
    """Begin a copy; the operation."""
    response = source.api.post(f"{model['self']}:copy", authorized(target, source))
    assert response.status_code == 202, response.text
    return response.json()


def work(*sides):
    """Let the servers work, in turn, until nobody has anything to do; time passes for those who wait."""
    for _ in range(4):
        for side in sides:
            side.bench.clock.time += timedelta(minutes=1)
            if job := side.bench.claim():
                side.bench.finish(job)


def now(source, operation):
    return source.api.get(operation["self"]).json()


def bytes_of(side, model_id) -> dict[str, bytes]:
    with side.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        model = model_choice.find(tx, model_id)
    folder = side.bench.ctx.blobs.folder(model.folder)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found | {name: side.bench.content(model, name) for name in side.bench.files_of(model)}


def test_a_model_goes_to_a_peer_and_is_the_same_there(source, target, model):
    operation = send(source, target, model)
    assert operation["status"] == "NotStarted"

    work(source, target)

    ended = now(source, operation)
    assert ended["status"] == "Succeeded", ended
    copy = target.model(ended["result"]["link"])
    assert ended["result"]["link"] == copy["self"]
    assert copy["self"].startswith(f"{target.url}/speechtotext/v3.2/models/")
    assert (copy["displayName"], copy["description"], copy["status"]) == ("clinic", "of the north", "Succeeded")
    assert (copy["datasets"], "project" in copy) == ([], False)
    (original,), (made,) = source.models(), target.models()
    assert bytes_of(source, original.id) == bytes_of(target, made.id)
    assert source.key.encode() not in target.server.line.said()
    assert source.api.delete(model["self"]).status_code == 204


def test_what_was_made_for_the_way_is_gone_when_it_is_over(source, target, model):
    operation = send(source, target, model)
    assert source.api.delete(model["self"]).status_code == 409
    work(source, target)

    with source.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        assert tx.files.of(UUID(operation["id"])) == []
        assert any("/operations/" in due for due in tx.purges.due(source.bench.clock() + KEPT))


def test_the_key_of_a_trusted_peer_finds_its_resource_and_stays_at_home(source, target, model):
    old = source.api.as_version("v3.1")

    response = old.post(f"{model['self'].replace('v3.2', 'v3.1')}:copyto", {"targetSubscriptionKey": target.key})

    assert response.status_code == 201, response.text
    made = response.json()
    assert made["self"] == response.headers["location"]
    assert made["self"].startswith(f"{target.url}/speechtotext/v3.1/models/")
    assert target.model(made["self"])["status"] == "NotStarted"
    work(target, source, target)
    there = target.model(made["self"])
    assert there["status"] == "Succeeded"
    assert {**there, "status": 0, "lastActionDateTime": 0} == {**made, "status": 0, "lastActionDateTime": 0}
    for secret in (target.key, key_digest(target.key), source.key, key_digest(source.key)):
        assert secret.encode() not in target.server.line.said()


def test_who_names_a_region_asks_nobody_elsewhere(source, target, model):
    ctx, mine, model_id = source.bench.ctx, source.bench.tenant.resource, UUID(model["self"].rpartition("/")[2])

    with pytest.raises(Invalid) as caught:
        copies.copy_to(ctx, mine, model_id, target.key, root=source.url, region="elsewhere")
    asked = target.server.line.paths()
    made = copies.copy_to(ctx, mine, model_id, target.key, root=source.url, region="there")

    assert (caught.value.code, asked) == ("SubscriptionNotFound", [])
    assert (made.endpoint, made.model.id) == (target.url, target.models()[0].id)


def test_a_peer_that_is_not_trusted_is_not_asked_about_a_key(begin):
    source, target = begin(source="there {target}")
    model = a_model(source)

    response = source.api.as_version("v3.1").post(
        f"{model['self'].replace('v3.2', 'v3.1')}:copyto", {"targetSubscriptionKey": target.key}
    )

    assert response.status_code == 400
    assert response.json()["innerError"]["code"] == "SubscriptionNotFound"
    assert target.server.line.requests == []


@pytest.mark.slow
def test_a_transfer_that_is_cut_goes_on_where_it_stopped(source, target, model):
    source.server.line.cut_after = 1_000
    operation = send(source, target, model)

    work(source, target)

    asked = [said for path, said in source.server.line.requests if path.startswith("/files/")]
    assert len(asked) == 2
    assert b"range: bytes=1000-" in asked[1]
    assert now(source, operation)["status"] == "Succeeded"


def test_a_bundle_that_was_altered_on_the_way_makes_no_model(source, target, model):
    source.server.line.alter = lambda chunk: chunk.replace(b"gasket", b"gascat")
    operation = send(source, target, model)

    work(source, target)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "BundleDamaged")
    (copy,) = target.models()
    assert (copy.status, copy.folder) == ("Failed", None)


def test_another_bundle_in_its_place_makes_no_model(source, target, model):
    other = source.api.done(source.api.make("models", text="torx", displayName="clinic", description="of the north"))
    operation = send(source, target, model)
    source.bench.finish(source.bench.claim())
    with source.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        (file,) = tx.files.of(UUID(operation["id"]))
        another = tx.table(CustomModel).get(UUID(other["self"].rpartition("/")[2]))
    bundles.write(source.bench.ctx, another, source.bench.ctx.blobs.path(file.blob))

    work(target, source)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "BundleDamaged")
    assert "is not what it has announced" in target.models()[0].failure.message


def test_a_target_that_is_killed_while_it_copies_does_it_again(source, target, model):
    operation = send(source, target, model)
    source.bench.finish(source.bench.claim())
    bench = target.bench
    late = bench.ran(killed := bench.claim())
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(killed.id).expire(bench.ctx.now(), owner_is_gone=True))
    bench.finish(bench.claim())

    with pytest.raises(Exception, match="no longer owns"):
        late()
    work(source, target)
    assert now(source, operation)["status"] == "Succeeded"
    assert len(target.models()) == 1


def test_a_source_that_is_killed_while_it_sends_asks_for_the_same_copy_again(source, target, model):
    operation = send(source, target, model)
    bench = source.bench
    bench.ran(killed := bench.claim())  # the peer was told, and then all was dark
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(killed.id).expire(bench.ctx.now(), owner_is_gone=True))

    work(source, target)

    assert now(source, operation)["status"] == "Succeeded"
    assert len(target.models()) == 1


@pytest.mark.parametrize("lost", ["en-US 20250101", "en-US"])
def test_a_target_without_the_base_or_the_locale_refuses_and_the_operation_says_why(source, target, model, lost):
    with target.bench.ctx.store.write(EVERY_RESOURCE) as tx:
        for base in tx.table(BaseModel).page().values:
            if f"{base.locale} {base.released}".startswith(lost):
                tx.table(BaseModel).delete(base.id)
    operation = send(source, target, model)

    work(source, target)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "InvalidBaseModel")
    assert "loud 20250101 (en-US), which is not installed here" in ended["error"]["message"]
    assert target.models() == []


def test_a_base_that_changes_on_the_way_is_not_the_same_base(source, target, model, inline):
    operation = send(source, target, model)
    source.bench.finish(source.bench.claim())
    (inline / "en-US-20250101" / "more.txt").write_text("", encoding="utf-8")

    work(target, source)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "InvalidBaseModel")
    assert [copy.status for copy in target.models()] == ["Failed"]


def test_a_target_that_has_deleted_the_copy_says_so(source, target, model):
    operation = send(source, target, model)
    source.bench.finish(source.bench.claim())
    (copy,) = target.models()
    models.delete(target.bench.ctx, target.bench.me, copy.id)

    work(source, target)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "CopyDeleted")
    assert target.models() == []


def test_a_target_that_has_no_room_for_another_model_refuses_it(begin):
    source, target = begin(max_entities="models=0")
    model, key = a_model(source), target.bench.tenant.key1

    operation = send(source, target, model)
    work(source, target)
    old = source.api.as_version("v3.1")
    refused = old.post(f"{model['self'].replace('v3.2', 'v3.1')}:copyto", {"targetSubscriptionKey": key})

    assert now(source, operation)["status"] == "Failed"
    assert now(source, operation)["error"]["code"] == "QuotaViolation"
    assert "has 0 models, which is all that it may have here" in now(source, operation)["error"]["message"]
    assert (refused.status_code, refused.json()["innerError"]["code"]) == (400, "QuotaViolation")
    assert target.api.get("/models").json()["values"] == []


def test_a_server_believes_only_its_own_peers(begin):
    source, target = begin(target="here http://127.0.0.1:9")
    operation = send(source, target, a_model(source))

    work(source, target)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "InvalidPermissions")
    assert "is no peer of this server" in ended["error"]["message"]


def test_an_authorization_of_a_server_that_is_no_peer_is_refused_and_nothing_is_sent(begin):
    source, target = begin(source="")
    model = a_model(source)

    response = source.api.post(f"{model['self']}:copy", authorized(target, source))

    assert response.status_code == 400
    assert "SPEECHSMITH_PEERS" in response.json()["message"]
    assert target.server.line.requests == []
    assert source.bench.claim() is None


def test_a_silent_target_is_asked_again_for_a_day_and_then_no_more(begin):
    source, target = begin(source="there http://127.0.0.1:9")
    authorization = authorized(target, source) | {"targetResourceEndpoint": "http://127.0.0.1:9"}
    operation = source.api.post(f"{a_model(source)['self']}:copy", authorization).json()

    work(source)
    assert now(source, operation)["status"] == "Running"
    source.bench.clock.time += timedelta(days=1)
    work(source)

    ended = now(source, operation)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "TargetSilent")
    assert source.bench.claim() is None


def test_one_authorization_makes_one_copy_whoever_asks(source, target, model):
    authorization = authorized(target, source)
    first, second = (source.api.post(f"{model['self']}:copy", authorization).json() for _ in range(2))

    work(source, target, source)
    work(source, target)

    assert [now(source, one)["status"] for one in (first, second)] == ["Succeeded", "Failed"]
    assert now(source, second)["error"]["code"] == "ModelCopyAuthorizationExpired"
    assert len(target.models()) == 1


def asked(target, path, body, **headers):
    return httpx2.post(f"{target.url}{peers.PATH}{path}", json=body, headers=headers)


def shown(target, source_id, key, *, endpoint=None, nonce=None):
    """What answers a challenge."""
    nonce = nonce or asked(target, "/challenges", {}).json()["nonce"]
    said = proof(key_digest(key), nonce=nonce, endpoint=endpoint or target.url, source_resource_id=source_id)
    return {"nonce": nonce, "proof": said, "sourceResourceId": source_id}


def test_a_proof_counts_once_for_one_server_and_for_a_key_that_is_known(target):
    me = str(uuid4())
    good = shown(target, me, target.key)
    assert asked(target, "/authorizations", good).json()["sourceResourceId"] == me

    for bad in (
        good,  # again
        shown(target, me, "0" * 32),
        shown(target, me, target.key, endpoint="http://127.0.0.1:9"),  # passed on by another server
        shown(target, me, target.key) | {"sourceResourceId": str(uuid4())},
        shown(target, me, target.key, nonce="x.1.y"),
        shown(target, me, target.key, nonce="é"),
    ):
        answer = asked(target, "/authorizations", bad)
        assert answer.status_code == 400, bad
        assert "targetResourceId" not in answer.text


def test_a_challenge_ends_within_a_minute(target):
    late = shown(target, str(uuid4()), target.key)
    target.bench.clock.time += timedelta(minutes=1)

    assert asked(target, "/authorizations", late).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["http://169.254.169.254/latest", "//evil.example/x", "/files/../healthz", "/speechtotext/v3.2/models", "/files/1"],
)
def test_a_bundle_is_fetched_from_the_peers_own_address_alone(source, target, model, path):
    request = told(source, target, model)
    request["bundle"]["path"] = path

    answer = asked(target, "/copies", request)

    assert answer.status_code == 400
    assert "bundle.path" in answer.text
    assert target.models() == []


def told(source, target, model):
    """What the source says to the target."""
    send(source, target, model)
    task, _ = source.bench.prepared(source.bench.claim())
    return dict(task.request)


def test_an_authorization_that_was_changed_or_made_elsewhere_is_nothing_to_the_target(source, target, model):
    request = told(source, target, model)
    for member, value in (
        ("targetResourceId", str(source.bench.me)),
        ("id", "x.y"),
        ("sourceResourceId", str(uuid4())),
    ):
        forged = request | {"authorization": request["authorization"] | {member: value}}
        answer = asked(target, "/copies", forged)
        assert answer.status_code == 400, member
        assert "was not given by this server" in answer.text
    assert target.models() == []


def test_a_server_without_peers_has_nothing_to_say_to_any(sqlite_api):
    for path in ("/challenges", "/authorizations", "/copies"):
        assert sqlite_api.without_key().post(f"{ROOT}{peers.PATH}{path}", {}, checked=False).status_code == 404
