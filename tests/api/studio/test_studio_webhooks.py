"""Web hooks in the browser: registered, edited, tried, replayed, deleted; and the log of what was sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from browser import Browser, Page
from receivers import Receiver, deliver, receiving
from test_studio_projects import HOSTILE, outline

from speechsmith.api.studio.webhooks import EVENTS as NAMED
from speechsmith.api.studio.webhooks import USUAL
from speechsmith.domain.deliveries import BACK_OFF, CHALLENGE_BACK_OFF
from speechsmith.domain.webhooks import EVENTS, WebHook
from speechsmith.services import entities, resources
from speechsmith.services.webhooks import MOST_WAITING
from speechsmith.store.scope import EVERY_RESOURCE

SECRET = "a long random text"
ASKED = (timedelta(), *CHALLENGE_BACK_OFF)
PRESSED = ("ask", "ping", "test")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@dataclass(frozen=True)
class Hooks:
    """The pages of web hooks of the first tenant."""

    browser: Browser
    receiver: Receiver

    @property
    def address(self) -> str:
        return f"/studio/{self.browser.api.bench.me}/webhooks"

    def send(self, path: str, events: list[str], **fields: str) -> Page:
        """Send one of the forms, with these events ticked."""
        form = self.browser.open(path)
        given = {name: value for name, value in form.fields.items() if name not in ("events", "unsigned")}
        return self.browser.call("POST", path, data=given | fields | {"events": events})

    def added(self, *events: str, **fields: str) -> str:
        """The address of a new one, which its receiver is not asked about yet."""
        given = {"displayName": "Clinic", "webUrl": self.receiver.url} | fields
        return self.send(f"{self.address}/new", list(events or USUAL), **given).goes_to.partition("?")[0]

    def listening(self, *events: str, **fields: str) -> str:
        """The same, once its receiver has answered."""
        address = self.added(*events, **fields)
        deliver(self.browser.api.bench)
        assert self.kept()[-1].status == "Succeeded"
        self.receiver.got.clear()
        return address

    def press(self, address: str, what: str) -> Page:
        """Send one of the small forms of a page."""
        return self.browser.call("POST", f"{address}/{what}", data={"token": self.browser.open(address).token})

    def return_later(self) -> None:
        """Sign in again, as so much time has passed."""
        self.browser.sign_in(self.browser.api.bench.tenant.key1)

    def kept(self) -> list[WebHook]:
        bench = self.browser.api.bench
        return list(entities.page(bench.ctx, bench.me, WebHook, top=100).values)

    def secret(self) -> str | None:
        with self.browser.api.bench.ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.hook_secrets.of(self.kept()[0].id)


@pytest.fixture
def hooks(browser, receiver):
    return Hooks(browser, receiver)


def test_every_event_has_a_name():
    assert set(NAMED) == EVENTS


def test_who_has_no_hook_is_told_what_one_is_and_led_to_the_form(hooks, projects):
    page = hooks.browser.open(hooks.address)

    assert "No web hook yet" in page.words
    assert f"{hooks.address}/new" in page.links
    assert hooks.address in hooks.browser.open(projects).links


def test_a_hook_is_added_its_receiver_asked_and_its_secret_shown_to_nobody(hooks):
    form = hooks.browser.open(f"{hooks.address}/new")
    assert {a["value"] for a in form.all("input") if "checked" in a} == USUAL

    address = hooks.added(
        "modelCompletion",
        "datasetCreation",
        description="Of\r\nthe clinic.",
        **{
            "properties.secret": SECRET,
        },
    )
    waiting = hooks.browser.open(f"{address}?done=added")
    deliver(hooks.browser.api.bench)
    page, listed = hooks.browser.open(address), hooks.browser.open(hooks.address)

    (hook,) = hooks.kept()
    assert (hook.events, hook.description) == (("datasetCreation", "modelCompletion"), "Of\nthe clinic.")
    assert (hook.api_version, hook.root, hook.web_url) == ("v3.2", "http://speech.test", hooks.receiver.url)
    assert hooks.secret() == SECRET
    assert "Its receiver is asked now" in waiting.words
    assert "Will be asked" in waiting.words
    assert [a for a in waiting.all("div") if "hx-get" in a]
    for told in (page, listed):
        assert "Listens" in told.words
        assert "Speech datasets: created Custom models: done or failed" in told.words
        assert "Challenge" in told.words
        assert not [a for a in told.all("div") if "hx-get" in a]
    assert address in listed.links
    assert "x-microsoftspeechservices-signature" in hooks.receiver.got[0].headers
    assert all(SECRET not in seen.html for seen in hooks.browser.seen)


@pytest.mark.parametrize(
    ("fields", "told", "target"),
    [
        ({"displayName": " "}, "Name must not be empty", "displayName"),
        ({"webUrl": ""}, "URL cannot be called.", "webUrl"),
        ({"webUrl": "ftp://hooks.example/"}, "URL cannot be called.", "webUrl"),
        ({"webUrl": "http://x/" + "x" * 8_000}, "at most 8000 are kept", "webUrl"),
        ({"properties.secret": "s" * 1_001}, "Secret has 1001 characters", "properties.secret"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_else_is_lost(hooks, fields, told, target):
    given = {"displayName": "Clinic", "description": "I wrote this.", "webUrl": hooks.receiver.url} | fields

    page = hooks.send(f"{hooks.address}/new", ["modelCreation"], **given)

    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert told in page.words
    (field,) = [a for a in page.all("input") if a.get("aria-invalid")]
    assert field["id"] == target
    assert f"#{target}" in page.links
    assert {a["value"] for a in page.all("input") if "checked" in a} == {"modelCreation"}
    assert "I wrote this." in page.text
    assert page.fields["properties.secret"] == ""
    assert hooks.kept() == []


def test_an_event_that_there_is_not_is_refused(hooks):
    page = hooks.send(f"{hooks.address}/new", ["modelEaten"], displayName="x", webUrl=hooks.receiver.url)

    assert page.status == 400
    assert "is no event" in page.words
    assert hooks.kept() == []


def test_an_address_inside_is_refused_where_the_operator_has_not_allowed_it(hooks):
    guarded = Browser(hooks.browser.api.under(allow_private_urls=False), cookies=hooks.browser.cookies)

    page = Hooks(guarded, hooks.receiver).send(
        f"{hooks.address}/new", ["modelCreation"], displayName="x", webUrl=hooks.receiver.url
    )

    assert page.status == 400
    assert "SPEECHSMITH_ALLOW_PRIVATE_URLS" in page.words


def test_a_hook_is_edited_and_its_secret_stays_unless_it_is_to_change(hooks):
    address = hooks.listening("modelCompletion", **{"properties.secret": SECRET})
    form = hooks.browser.open(f"{address}/edit")
    assert (form.fields["webUrl"], form.fields["properties.secret"]) == (hooks.receiver.url, "")
    assert {a["value"] for a in form.all("input") if "checked" in a} == {"modelCompletion"}

    saved = hooks.send(f"{address}/edit", ["datasetDeletion"], displayName="Ward", description="")
    kept = hooks.secret()
    hooks.send(f"{address}/edit", ["datasetDeletion"], **{"properties.secret": "another"})
    changed = hooks.secret()
    both = hooks.send(f"{address}/edit", [], unsigned="on", **{"properties.secret": "both"})
    hooks.send(f"{address}/edit", ["datasetDeletion"], unsigned="on")

    assert "The web hook is changed." in hooks.browser.open(saved.goes_to).words
    (hook,) = hooks.kept()
    assert (hook.display_name, hook.events, hook.status) == ("Ward", ("datasetDeletion",), "Succeeded")
    assert (kept, changed, hooks.secret()) == (SECRET, "another", None)
    assert both.status == 400
    assert "but not both" in both.words


def test_a_form_that_is_refused_changes_nothing(hooks):
    address = hooks.listening("modelCompletion")

    page = hooks.send(f"{address}/edit", ["modelCreation"], displayName=" ", webUrl="nowhere")

    assert page.status == 400
    assert page.fields["webUrl"] == "nowhere"
    assert hooks.kept()[0].web_url == hooks.receiver.url


def test_events_that_only_programs_can_name_stay_when_a_hook_is_edited(hooks):
    address = hooks.listening("modelCompletion")
    self = f"/webhooks/{address.rpartition('/')[2]}"
    hooks.browser.api.patch(self, {"events": {"ping": True}})

    hooks.send(f"{address}/edit", ["modelCreation"])

    assert hooks.kept()[0].events == ("modelCreation", "ping")


def test_another_address_is_asked_first(hooks):
    address = hooks.listening()

    hooks.send(f"{address}/edit", ["modelCreation"], webUrl=f"{hooks.receiver.url}?new=1")
    asked = hooks.browser.open(address)
    deliver(hooks.browser.api.bench)

    assert "Will be asked" in asked.words
    assert [("new=1" in got.path) for got in hooks.receiver.got] == [True]
    assert hooks.kept()[0].status == "Succeeded"


def test_a_receiver_that_does_not_answer_is_told_of_with_what_to_do_and_asked_again(hooks):
    hooks.receiver.script["Challenge"] = [(302, b"words of the receiver")] * 3
    address = hooks.added()
    for after in ASKED:
        deliver(hooks.browser.api.bench, after=after)

    page, listed = hooks.browser.open(address), hooks.browser.open(hooks.address)
    hooks.receiver.script.clear()
    asked = hooks.press(address, "ask")
    deliver(hooks.browser.api.bench)

    for told in (page, listed):
        assert "The receiver redirects (302)" in told.words
        assert "Ask again when that is mended." in told.words
        assert "PATCH" not in told.words
        assert "words of the receiver" not in told.words
    assert {form["action"] for form in page.all("form")} & {f"{address}/{what}" for what in PRESSED} == {
        f"{address}/ask"
    }
    assert "The receiver is asked again." in hooks.browser.open(asked.goes_to).words
    assert hooks.kept()[0].status == "Succeeded"


@pytest.mark.parametrize("what", ["ping", "test"])
def test_a_hook_that_has_failed_sends_nothing_and_says_why(hooks, what):
    hooks.receiver.script["Challenge"] = [(200, b"no")]
    address = hooks.added()
    deliver(hooks.browser.api.bench)

    page = hooks.press(address, what)

    assert page.status == 409
    assert "is Failed: its challenge was not answered" in page.words


def test_a_ping_and_a_test_are_sent_and_their_lines_tell_what_came_of_them(hooks):
    address = hooks.listening("modelCreation", "modelCompletion", "endpointDeletion")
    nothing = hooks.browser.open(hooks.press(address, "test").goes_to)
    pinged = hooks.browser.open(hooks.press(address, "ping").goes_to)
    deliver(hooks.browser.api.bench)
    rest = hooks.browser.api.get(f"/webhooks/{address.rpartition('/')[2]}").json()
    hooks.browser.api.make("models", displayName="Counter", text="send a gasket")
    deliver(hooks.browser.api.bench)

    tested = hooks.browser.open(hooks.press(address, "test").goes_to)
    deliver(hooks.browser.api.bench)
    page = hooks.browser.open(address)

    assert "Nothing was sent" in nothing.words
    assert "A ping is on its way" in pinged.words
    assert "It is sent in a moment." in pinged.words
    assert [a for a in pinged.all("div") if "hx-get" in a]
    assert "A test is on its way" in tested.words
    assert hooks.receiver.events() == ["Ping", "ModelCreation", "ModelCreation"]
    body = hooks.receiver.got[0].body.decode()
    assert rest["self"] in body
    assert '"status":"Succeeded"' in body
    assert page.words.count("Custom models: created AboutCounter") == 2
    assert "Ping AboutThis web hook" in page.words
    assert page.words.count("Delivered") == 4


def test_the_log_tells_the_answer_the_attempts_and_what_comes_next(hooks):
    hooks.receiver.script["ModelCreation"] = [(503, b"words of the receiver")] * 8
    address = hooks.listening("modelCreation")
    made = hooks.browser.api.make("models", displayName="Counter", text="send a gasket")

    deliver(hooks.browser.api.bench)
    retried = hooks.browser.open(address)
    for after in BACK_OFF:
        deliver(hooks.browser.api.bench, after=after)
    hooks.return_later()
    given_up = hooks.browser.open(address)
    hooks.browser.api.delete(made["self"])
    gone = hooks.browser.open(address)

    assert "The receiver answered with the status 503" in retried.words
    assert "To be sent again" in retried.words
    assert "Again on 31 Jan 2025, 12:00 UTC" in retried.words
    assert "1 delivery" in retried.words
    assert "It is not sent again." in given_up.words
    assert "Attempts8" in given_up.words
    assert made["self"][-36:] in gone.words
    assert "words of the receiver" not in retried.html + given_up.html


def test_a_delivery_is_sent_again_with_its_id(hooks):
    hooks.receiver.script["Ping"] = [(500, b"")] * 8
    address = hooks.listening()
    hooks.press(address, "ping")
    for after in (timedelta(), *BACK_OFF):
        deliver(hooks.browser.api.bench, after=after)
    hooks.return_later()
    page = hooks.browser.open(address)
    (again,) = [form["action"] for form in page.all("form") if "/deliveries/" in form["action"]]

    sent = hooks.browser.call("POST", again, data={"token": page.token})
    waiting = hooks.browser.open(sent.goes_to)
    deliver(hooks.browser.api.bench)

    assert "The delivery is sent again." in waiting.words
    assert "Delivered" in hooks.browser.open(address).words
    assert len({got.headers["webhook-id"] for got in hooks.receiver.got}) == 1
    assert hooks.browser.call("POST", again.replace(again[-4:], "0000"), data={"token": page.token}).status == 404


def test_what_waits_for_a_hook_that_is_not_asked_yet_says_so(hooks):
    address = hooks.listening("modelCreation")
    hooks.receiver.script["ModelCreation"] = [(500, b"")]
    hooks.receiver.script["Challenge"] = [(200, b"no")]
    hooks.browser.api.make("models", text="send a gasket")
    deliver(hooks.browser.api.bench)
    hooks.send(f"{address}/edit", ["modelCreation"], webUrl=f"{hooks.receiver.url}?new=1")

    before = hooks.browser.open(address)
    deliver(hooks.browser.api.bench)
    after = hooks.browser.open(address)

    assert "It waits until the receiver has answered the challenge." in before.words
    assert "It waits until the receiver answers a challenge, for at most 7 days." in after.words
    assert not [form for form in after.all("form") if "/deliveries/" in form["action"]]
    assert not [a for a in after.all("div") if "hx-get" in a]


def test_too_many_that_wait_are_told(hooks):
    address = hooks.listening()
    for _ in range(MOST_WAITING):
        hooks.browser.api.post(f"/webhooks/{address.rpartition('/')[2]}:ping")

    page = hooks.press(address, "ping")
    log = [hooks.browser.open(f"{address}?page={number}") for number in (1, 3, 9)]

    assert page.status == 429
    assert "100 deliveries wait for 'Clinic'" in page.words
    assert [len(shown.all("tr")) - 1 for shown in log] == [50, 1, -1]
    assert "There is nothing older." in log[2].words


def test_a_hook_is_deleted_with_what_waits_for_it(hooks):
    address = hooks.listening()
    hooks.press(address, "ping")

    asked = hooks.browser.open(f"{address}/delete")
    sent = hooks.browser.send(f"{address}/delete")
    deliver(hooks.browser.api.bench)

    assert "1 delivery that waits for it is dropped." in asked.words
    assert "The web hook was deleted." in hooks.browser.open(sent.goes_to).words
    assert hooks.kept() == []
    assert hooks.receiver.got == []
    assert hooks.browser.open(address).status == 404


def test_a_hook_of_another_resource_is_not_there(hooks):
    address = hooks.listening()
    hooks.press(address, "ping")
    with hooks.browser.api.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        (delivery, _) = tx.deliveries.page(hooks.kept()[0].id, skip=0, top=2)
    made = resources.create(hooks.browser.api.bench.ctx, name="other", region="there")
    other = Browser(hooks.browser.api)
    mine = other.sign_in(made.key1).replace("/projects", "/webhooks")
    token = other.open(f"{mine}/new").token

    for path in (address, address.replace(hooks.address, mine)):
        for page in ("", "/edit", "/delete"):
            assert other.open(f"{path}{page}").status == 404
        for what in (*PRESSED, "edit", "delete", f"deliveries/{delivery.id}"):
            given = {"token": token, "displayName": "Taken", "webUrl": "http://127.0.0.1:9/"}
            assert other.call("POST", f"{path}/{what}", data=given).status == 404
    assert other.call("POST", f"{hooks.address}/new", data={"token": token}).status == 404
    assert "Clinic" not in other.open(mine).words
    assert [(hook.display_name, hook.status) for hook in hooks.kept()] == [("Clinic", "Succeeded")]


def test_a_delivery_of_another_hook_cannot_be_sent_again(hooks):
    first, second = hooks.listening(), hooks.listening()
    hooks.press(first, "ping")
    deliver(hooks.browser.api.bench)
    page = hooks.browser.open(first)
    (again,) = [form["action"] for form in page.all("form") if "/deliveries/" in form["action"]]

    assert hooks.browser.call("POST", again.replace(first, second), data={"token": page.token}).status == 404


def test_the_newest_hooks_come_first_and_fifty_at_once(hooks):
    for number in range(51):
        hooks.browser.api.bench.clock()
        given = {"displayName": f"Hook {number}.", "webUrl": hooks.receiver.url, "events": {}}
        assert hooks.browser.api.post("/webhooks", given).status_code == 201

    first, second = hooks.browser.open(hooks.address), hooks.browser.open(f"{hooks.address}?page=2")

    assert ("Hook 50." in first.words, "Hook 0." in first.words) == (True, False)
    assert ("Hook 50." in second.words, "Hook 0." in second.words) == (False, True)
    assert "None but pings" in first.words


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_write_about_hooks_is_text_and_nothing_else(hooks, text):
    def pages(name: str) -> list[Page]:
        address = hooks.listening("modelCreation", displayName=name, description=name)
        model = hooks.browser.api.make("models", displayName=name, text="send a gasket")
        deliver(hooks.browser.api.bench)
        shown = [hooks.browser.open(f"{address}{page}") for page in ("", "/edit", "/delete")]
        shown.append(hooks.browser.open(hooks.address))
        shown.append(hooks.send(f"{hooks.address}/new", [], displayName=name, description=name, webUrl=name))
        hooks.browser.send(f"{address}/delete")
        hooks.browser.api.delete(model["self"])
        return shown

    for plain, hostile in zip(pages("plain"), pages(text), strict=True):
        assert text in hostile.text
        assert outline(hostile) == outline(plain)
