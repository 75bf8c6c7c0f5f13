"""Models deployed in the browser: made, changed, suspended, resumed, renamed, deleted, listened to; and their logs."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from browser import Browser, Page

from bench import speech
from records import new_record
from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.logs import LogBook
from speechsmith.domain.status import Status
from speechsmith.net.tokens import RECOGNITION, verify
from speechsmith.services import endpoints, entities, logs, resources
from speechsmith.store.scope import EVERY_RESOURCE

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7919 * 7907 }}", "</textarea><b>"]
PAGES = ("", "/model", "/rename", "/suspend", "/delete", "/try", "/logs", "/logs/delete")


@dataclass(frozen=True)
class Deploy:
    """The section Deploy models of a project."""

    browser: Browser
    project: str

    @property
    def address(self) -> str:
        return f"{self.project}/endpoints"

    @property
    def reference(self) -> dict[str, str]:
        return {"self": f"http://speech.test/speechtotext/v3.2/projects/{self.project.rpartition('/')[2]}"}

    def model(self, name: str = "Mine") -> str:
        """The id of a custom model that is trained."""
        api = self.browser.api
        made = api.done(api.make("models", displayName=name, text="send a gasket", project=self.reference))
        return str(made["self"].rpartition("/")[2])

    def base(self) -> str:
        return str(self.browser.api.base()["self"].rpartition("/")[2])

    def added(self, **fields: str) -> str:
        """The address of an endpoint that was made by the form, and is deployed."""
        chosen = {"displayName": "Counter", "model": self.base()} | fields
        form = self.browser.open(f"{self.address}/new").fields
        sent = self.browser.call("POST", f"{self.address}/new", data={"token": form["token"]} | chosen)
        self.browser.api.bench.work_off()
        return sent.goes_to.partition("?")[0]

    def kept(self) -> list[Endpoint]:
        bench = self.browser.api.bench
        return list(entities.page(bench.ctx, bench.me, Endpoint, top=100).values)

    def press(self, address: str, what: str, **fields: str) -> Page:
        """Send one of the small forms of a page."""
        token = self.browser.open(address).token
        return self.browser.call("POST", f"{address}/{what}", data={"token": token} | fields)


@pytest.fixture
def deploy(browser, projects):
    return Deploy(browser, browser.project(projects))


def test_who_has_no_endpoint_is_led_to_the_form(deploy):
    page = deploy.browser.open(deploy.address)

    assert "No endpoint yet" in page.words
    assert f"{deploy.address}/new" in page.links


def test_a_model_is_deployed(deploy):
    model = deploy.model()
    form = deploy.browser.open(f"{deploy.address}/new")
    offered = {a["value"]: a for a in form.all("input") if a.get("type") == "radio"}

    bases = [id for id in offered if id != model]
    assert deploy.base() in bases
    assert [id for id, a in offered.items() if "checked" in a] == [model]
    assert "checked" not in next(a for a in form.all("input") if a.get("name") == "logging")
    address = deploy.added(model=model, description="At the\r\ncounter.")

    page = deploy.browser.open(f"{address}?done=added")
    (endpoint,) = deploy.kept()
    assert (endpoint.display_name, endpoint.description) == ("Counter", "At the\ncounter.")
    assert (str(endpoint.model_id), endpoint.status, endpoint.logging_enabled) == (model, Status.SUCCEEDED, False)
    assert "The endpoint was added" in page.words
    assert address in deploy.browser.open(deploy.address).links


def test_an_endpoint_tells_how_it_is_reached_and_never_a_key(deploy):
    address = deploy.added()
    (endpoint,) = deploy.kept()
    spoken = f"speech.test/speech/recognition/conversation/cognitiveservices/v1?cid={endpoint.id}"

    page = deploy.browser.open(address)

    told = {code["id"] for code in page.all("code") if "id" in code}
    assert told == {"endpoint-id", "region", "rest", "socket", "python", "javascript", "csharp", "curl", "spx"}
    assert f"http://{spoken}" in page.words
    assert f"ws://{spoken}" in page.words
    assert page.words.count(str(endpoint.id)) == 3 + 5
    tenant = deploy.browser.api.bench.tenant
    assert all(key not in seen.html for key in (tenant.key1, tenant.key2) for seen in deploy.browser.seen)


def test_an_endpoint_is_looked_at_again_while_it_is_deployed(deploy):
    form = deploy.browser.open(f"{deploy.address}/new").fields
    sent = {"token": form["token"], "displayName": "Counter", "model": deploy.base()}
    address = deploy.browser.call("POST", f"{deploy.address}/new", data=sent).goes_to.partition("?")[0]

    waiting = deploy.browser.open(address)
    deploy.browser.api.bench.work_off()
    done = deploy.browser.open(address)

    (polls,) = [a for a in waiting.all("div") if "hx-get" in a]
    assert (polls["hx-get"], polls["hx-select"]) == (address, "#state")
    assert "Waiting" in waiting.words
    assert not [a for a in done.all("div") if "hx-get" in a]


def test_what_expired_cannot_be_chosen_and_says_why(deploy):
    model = deploy.model()
    later = Browser(deploy.browser.api.under(expiry_policy="2025-01-01"), cookies=deploy.browser.cookies)

    form = later.open(f"{deploy.address}/new")
    sent = later.call("POST", f"{deploy.address}/new", data={"token": form.token, "displayName": "x", "model": model})

    (shown,) = [a for a in form.all("input") if a.get("value") == model]
    assert "disabled" in shown
    assert "The model 'Mine' has expired, on 2025-01-01" in form.words
    assert sent.status == 400
    assert "The model 'Mine' has expired, on 2025-01-01" in sent.words
    assert deploy.kept() == []


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"displayName": ""}, 400, "Name must not be empty; give a name."),
        ({"model": ""}, 400, "Select a model."),
        ({"model": "x"}, 400, "Select a model."),
        ({"model": str(uuid4())}, 404, "There is no model with the id"),
        ({"description": "x" * 10_001}, 400, "Description has 10001 characters"),
    ],
)
def test_a_form_that_is_refused_says_why_and_loses_nothing(deploy, fields, status, told):
    form = deploy.browser.open(f"{deploy.address}/new")
    given = {"displayName": "Counter", "description": "I wrote this.", "model": deploy.base(), "logging": "on"} | fields

    page = deploy.browser.call("POST", f"{deploy.address}/new", data={"token": form.token} | given)

    assert page.status == status
    assert page.title.startswith("Error: ")
    assert told in page.words
    assert given["description"] in page.text
    assert page.fields["displayName"] == given["displayName"]
    assert "checked" in next(a for a in page.all("input") if a.get("name") == "logging")
    assert deploy.kept() == []


def test_another_model_serves_once_it_is_ready(deploy):
    address, model = deploy.added(), deploy.model()

    sent = deploy.browser.send(f"{address}/model", model=model)
    meanwhile = deploy.browser.open(address)
    deploy.browser.api.bench.work_off()

    assert sent.goes_to == f"{address}?done=changed"
    assert "Serves until then" in meanwhile.words
    assert str(deploy.kept()[0].serving_id) == model
    assert "Serves until then" not in deploy.browser.open(address).words


def test_a_model_is_not_changed_while_one_is_deployed(deploy):
    address, first, second = deploy.added(), deploy.model(), deploy.model("Other")
    deploy.browser.send(f"{address}/model", model=first)

    page = deploy.browser.send(f"{address}/model", model=second)

    assert page.status == 409
    assert "wait until it is Succeeded or Failed" in page.words
    assert str(deploy.kept()[0].model_id) == first


def test_an_endpoint_is_suspended_and_resumed(deploy):
    address = deploy.added()

    asked = deploy.browser.open(f"{address}/suspend")
    assert not deploy.kept()[0].suspended
    page = deploy.browser.open(deploy.browser.send(f"{address}/suspend").goes_to)
    assert deploy.kept()[0].suspended
    trying = deploy.browser.open(f"{address}/try")
    deploy.press(address, "resume")
    deploy.browser.api.bench.work_off()

    assert "whoever speaks to it is refused" in asked.words
    assert "Suspended It answers nobody." in page.words
    assert "Succeeded" not in page.words
    assert main_buttons(page) == []
    assert "It is suspended, and answers nobody" in trying.words
    assert f"{address}/resume" in [a.get("action") for a in trying.all("form")]
    assert not deploy.kept()[0].suspended
    resumed = deploy.browser.open(address)
    assert "It answers nobody." not in resumed.words
    assert main_buttons(resumed) == [f"{address}/try"]


def main_buttons(page: Page) -> list[str]:
    """Where the buttons that stand out lead to."""
    return [a["href"] for a in page.all("a") if "primary" in a.get("class", "")]


def test_who_would_try_an_endpoint_too_early_is_told_in_the_words_of_studio(deploy):
    form = deploy.browser.open(f"{deploy.address}/new").fields
    sent = {"token": form["token"], "displayName": "Counter", "model": deploy.base()}
    address = deploy.browser.call("POST", f"{deploy.address}/new", data=sent).goes_to.partition("?")[0]

    early = deploy.browser.open(f"{address}/try")

    assert "its status is Waiting. You can speak to it once that is Succeeded." in early.words
    assert "NotStarted" not in early.words
    assert address in early.links
    assert main_buttons(deploy.browser.open(address)) == []


def test_who_lost_a_key_is_led_from_an_endpoint_to_where_it_is_renewed(deploy):
    page = deploy.browser.open(deploy.added())

    (led_to,) = re.findall(r'class="help">The key.*?href="(.*?)"', page.html)
    assert led_to == f"/studio/{deploy.browser.api.bench.me}/settings"


def test_an_endpoint_is_renamed(deploy):
    address = deploy.added()

    sent = deploy.browser.send(f"{address}/rename", displayName="Hotline", description="")
    refused = deploy.browser.send(f"{address}/rename", displayName="  ")

    assert sent.goes_to == f"{address}?done=renamed"
    assert deploy.kept()[0].display_name == "Hotline"
    assert (refused.status, "give a name" in refused.words) == (400, True)


def test_an_endpoint_is_deleted(deploy):
    address = deploy.added()

    assert "its id does not come back" in deploy.browser.open(f"{address}/delete").words
    assert deploy.browser.send(f"{address}/delete").goes_to == deploy.address
    assert deploy.kept() == []
    assert all(deploy.browser.open(f"{address}{page}").status == 404 for page in PAGES)


def test_an_endpoint_is_not_deleted_by_the_address_of_another_project(deploy, projects):
    address = deploy.added()
    elsewhere = address.replace(deploy.project, deploy.browser.project(projects))
    token = deploy.browser.open(address).token

    assert elsewhere != address
    assert deploy.browser.call("POST", f"{elsewhere}/delete", data={"token": token}).status == 404
    assert [endpoint.display_name for endpoint in deploy.kept()] == ["Counter"]


def said(deploy: Deploy, address: str) -> None:
    """Speak to an endpoint that logs."""
    api = deploy.browser.api
    spoken = f"/speech/recognition/conversation/cognitiveservices/v1?cid={address.rpartition('/')[2]}"
    assert api.call("POST", spoken, content=speech(2)).status_code == 200
    assert api.app.state.service.recorder.wait(30.0)


def test_what_is_said_is_kept_once_logging_is_on_heard_and_deleted(deploy):
    address = deploy.added()
    assert "Nothing is kept" in deploy.browser.open(f"{address}/logs").words
    deploy.press(address, "logging", logging="on")
    assert "Nothing was said yet" in deploy.browser.open(f"{address}/logs").words
    said(deploy, address)
    said(deploy, address)

    page = deploy.browser.open(f"{address}/logs")
    files = [link for link in page.links if "/logs/file?log=" in link]
    sounds = [a["src"] for a in page.all("audio")]
    assert (len(files), len(sounds)) == (4, 2)
    recording, transcript = (deploy.browser.call("GET", link).response for link in files[:2])
    part = deploy.browser.call("GET", sounds[0], headers={"Range": "bytes=0-3"}).response
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert recording.headers["content-disposition"].startswith("attachment")
    assert "Display" in json.dumps(transcript.json())
    ids = [link.partition("log=")[2] for link in files[:2]]
    gone = deploy.browser.call("POST", f"{address}/logs/file", data={"token": page.token, "log": ids})

    left = deploy.browser.open(gone.goes_to)
    assert "Deleted." in left.words
    assert len(left.all("audio")) == 1
    assert all(deploy.browser.call("GET", link).status == 404 for link in files[:2])
    deploy.press(address, "logging", logging="off")
    assert not deploy.kept()[0].logging_enabled


def test_many_logs_are_deleted_up_to_a_day_or_all(deploy):
    address = deploy.added(logging="on")
    said(deploy, address)

    refused = deploy.browser.send(f"{address}/logs/delete", until="31.1.2025")
    deploy.browser.send(f"{address}/logs/delete", until="2025-01-01")
    before = deploy.browser.open(f"{address}/logs")
    deploy.browser.send(f"{address}/logs/delete")

    assert refused.status == 400
    assert "is not a day as yyyy-mm-dd" in refused.words
    assert len(before.all("audio")) == 1
    assert "Nothing was said yet" in deploy.browser.open(f"{address}/logs").words


@pytest.mark.parametrize("bad", ["x", "2025-01-01_100000__nobody_wav", "../../secret", ""])
def test_of_several_logs_none_is_deleted_where_one_of_them_is_none(deploy, bad):
    address = deploy.added(logging="on")
    said(deploy, address)
    page = deploy.browser.open(f"{address}/logs")
    ids = [link.partition("log=")[2] for link in page.links if "/logs/file?log=" in link]

    refused = deploy.browser.call("POST", f"{address}/logs/file", data={"token": page.token, "log": [*ids, bad]})

    assert refused.status == 400
    assert "is not the id of a log" in refused.words
    assert len(ids) == 2
    assert all(deploy.browser.call("GET", f"{address}/logs/file?log={id}").status == 200 for id in ids)


@pytest.mark.parametrize("query", ["after=x&name=y", "after=2025-01-01&name=y", "after=2025-01-01T00:00:00Z&name=.."])
def test_a_place_in_the_logs_that_is_none_is_their_beginning(deploy, query):
    address = deploy.added(logging="on")
    said(deploy, address)

    assert len(deploy.browser.open(f"{address}/logs?{query}").all("audio")) == 1


def test_logs_go_on_where_the_page_before_ended(deploy, tmp_path):
    address = deploy.added(logging="on")
    book = LogBook.endpoint(deploy.kept()[0])
    for minute in range(51):
        began = datetime(2025, 1, 31, 12, minute, tzinfo=UTC)
        logs.write(deploy.browser.api.bench.ctx, new_record(tmp_path / "a.wav", book=book, began=began))

    first = deploy.browser.open(f"{address}/logs")
    (newer,) = [link for link in first.links if link.startswith("?")]
    second = deploy.browser.open(f"{address}/logs{newer}")

    assert (len(first.all("audio")), len(second.all("audio"))) == (50, 1)
    assert "12:50 UTC" in second.words
    assert f"{address}/logs" in second.links


def asked(deploy: Deploy, address: str, **fields: str) -> Page:
    """A token, as the script of the page asks for it."""
    headers = {"Accept": "application/json"}
    return deploy.browser.call("POST", f"{address}/try/token", data=fields, headers=headers)


def test_the_page_to_try_speaks_with_a_token_that_is_for_that_alone(deploy):
    address = deploy.added()
    page = deploy.browser.open(f"{address}/try")
    bench = deploy.browser.api.bench

    told = asked(deploy, address, token=page.token).response.json()

    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        secret = tx.secret("tokens")
    token = verify(secret, told["token"], scope=RECOGNITION, now=bench.clock.time.timestamp())
    assert UUID(token.resource_id) == bench.me
    assert token.expires_at <= bench.clock.time.timestamp() + 600
    (place,) = [a for a in page.all("div") if a.get("id") == "try"]
    assert place["data-endpoint"] == address.rpartition("/")[2]
    assert re.fullmatch(r"/studio/files/\w+/microphone.js", place["data-microphone"])
    assert told["token"] not in page.html


def test_a_token_is_refused_in_json_to_who_may_not_have_it(deploy, stranger):
    address = deploy.added()
    token = deploy.browser.open(f"{address}/try").token

    forged = asked(deploy, address, token="x").response
    endpoints.suspend(deploy.browser.api.bench.ctx, deploy.browser.api.bench.me, deploy.kept()[0].id)
    suspended = asked(deploy, address, token=token).response
    deploy.browser.cookies.clear()
    signed_out = asked(deploy, address, token=token).response

    assert (forged.status_code, "not made for you" in forged.json()["message"]) == (403, True)
    assert (suspended.status_code, "is suspended" in suspended.json()["message"]) == (409, True)
    assert (signed_out.status_code, "sign in again" in signed_out.json()["message"]) == (401, True)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_write_about_endpoints_is_text_and_nothing_else(deploy, text):
    model = deploy.model(text)

    def pages(name: str) -> list[Page]:
        address = deploy.added(displayName=name, description=name, model=model)
        shown = [deploy.browser.open(f"{address}{page}") for page in PAGES]
        return [*shown, deploy.browser.send(f"{address}/rename", displayName="", description=name)]

    for plain, hostile in zip(pages("plain"), pages(text), strict=True):
        outline = [[(tag, sorted(attributes)) for tag, attributes in page.tags] for page in (plain, hostile)]
        assert outline[0] == outline[1]
        assert text in hostile.text


def test_an_endpoint_of_another_resource_or_project_is_not_there(deploy, projects):
    address = deploy.added(logging="on")
    other = Browser(deploy.browser.api)
    made = resources.create(deploy.browser.api.bench.ctx, name="other", region="there")
    mine = other.project(other.sign_in(made.key1))
    elsewhere = deploy.browser.project(projects)
    token = other.open(f"{mine}/endpoints/new").token

    for page in PAGES:
        for path in (address, address.replace(deploy.project, mine)):
            assert other.open(f"{path}{page}").status == 404
        assert deploy.browser.open(f"{address.replace(deploy.project, elsewhere)}{page}").status == 404
    for what in ("suspend", "resume", "logging", "try/token", "logs/file", "logs/delete", "model", "rename"):
        for path in (address, address.replace(deploy.project, mine)):
            assert other.call("POST", f"{path}/{what}", data={"token": token, "displayName": "x"}).status == 404
    other.call("POST", f"{address.replace(deploy.project, mine)}/delete", data={"token": token})
    (endpoint,) = deploy.kept()
    assert (endpoint.suspended, endpoint.logging_enabled, endpoint.display_name) == (False, True, "Counter")


def test_a_model_that_is_linked_to_is_offered_and_chosen(deploy, projects):
    mine, elsewhere = (
        deploy.model(),
        Deploy(deploy.browser, deploy.browser.project(projects)).model("Of another project"),
    )

    plain = deploy.browser.open(f"{deploy.address}/new")
    linked = deploy.browser.open(f"{deploy.address}/new?model={elsewhere}")

    offered = [[a["value"] for a in page.all("input") if a.get("type") == "radio"] for page in (plain, linked)]
    assert (mine in offered[0], elsewhere in offered[0], elsewhere in offered[1]) == (True, False, True)
    assert [a["value"] for a in linked.all("input") if "checked" in a] == [elsewhere]
