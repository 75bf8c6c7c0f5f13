"""Who comes into Studio, how long he stays, and that nobody else comes by what he was given."""

import logging
from datetime import timedelta

import pytest
from browser import Browser

from speechsmith.domain.sign_ins import LONGEST, MOST_IDLE, session_digest
from speechsmith.services import resources, sign_ins
from speechsmith.store.scope import EVERY_RESOURCE

SIGN_IN = "/studio/sign-in"
SESSION = "speechsmith-studio"
HOUR = timedelta(hours=1)


def is_known(browser: Browser) -> bool:
    page = browser.open("/studio/")
    assert page.status == 200
    return "Sign out" in page.words


def test_each_key_of_a_resource_opens_it(sqlite_api):
    for key in (sqlite_api.bench.tenant.key1, sqlite_api.bench.tenant.key2):
        browser = Browser(sqlite_api)
        assert browser.sign_in(f" {key} ") == f"/studio/{sqlite_api.bench.me}/projects"
        assert is_known(browser)


@pytest.mark.parametrize("key", ["", "   ", "0" * 32, "' OR 1=1 --", "<b>key</b>", "\ud7ff" * 9])
def test_a_wrong_key_opens_nothing_and_is_not_told_again(stranger, key):
    page = stranger.send(SIGN_IN, key=key)

    assert page.status == 401
    assert page.title.startswith("Error: ")
    assert ("Enter a key" if not key.strip() else "opens no Speech resource") in page.words
    assert page.fields["key"] == ""
    assert not key.strip() or key not in page.html
    assert SESSION not in stranger.cookies


def test_who_is_not_signed_in_is_led_to_where_he_wanted_once_he_is(stranger):
    wanted = f"/studio/{stranger.api.bench.me}/projects/new"
    asked = stranger.call("GET", wanted).goes_to

    form = stranger.open(asked)
    sent = stranger.call("POST", SIGN_IN, data=form.fields | {"key": stranger.api.bench.tenant.key1})

    assert sent.goes_to == wanted


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test/",
        "/studio//evil.test",
        "/speechtotext/",
        "/studio/\\x",
        "javascript:1",
        "/studio/../other",
        "/studio/%2e%2e/other",
    ],
)
def test_nobody_is_led_elsewhere(stranger, elsewhere):
    form = stranger.call("GET", SIGN_IN, params={"next": elsewhere})

    sent = stranger.call("POST", SIGN_IN, data=form.fields | {"key": stranger.api.bench.tenant.key1, "next": elsewhere})

    assert form.fields["next"] == ""
    assert sent.goes_to == f"/studio/{stranger.api.bench.me}/projects"


def test_the_cookie_is_for_no_script_and_no_other_site(stranger):
    stranger.sign_in(stranger.api.bench.tenant.key1)

    cookie = stranger.seen[-1].response.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION}=")
    assert {"HttpOnly", "Path=/studio", "SameSite=strict"} == set(cookie.split("; ")[1:])


def test_under_tls_it_is_for_no_other_host_and_no_plain_connection(sqlite_api):
    browser = Browser(sqlite_api, root="https://speech.test")
    browser.sign_in(sqlite_api.bench.tenant.key1)

    cookie = browser.seen[-1].response.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{SESSION}=")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} == set(cookie.split("; ")[1:])
    assert is_known(browser)


def test_a_session_is_another_one_after_each_sign_in(browser):
    first = browser.cookies[SESSION]

    browser.sign_in(browser.api.bench.tenant.key2)

    assert browser.cookies[SESSION] != first
    assert is_known(browser)
    assert not is_known(Browser(browser.api, cookies={SESSION: first}))


def test_neither_key_nor_session_is_kept(browser):
    id = browser.cookies[SESSION]
    with browser.api.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        (kept,) = tx.sign_ins.of(session_digest(id))
        assert tx.sign_ins.of(id) == []

    assert id not in str(kept)
    assert browser.api.bench.tenant.key1 not in str(kept)


def test_who_signs_out_is_forgotten_by_the_server_too(browser):
    taken = dict(browser.cookies)
    token = browser.open("/studio/").token

    page = browser.call("POST", "/studio/sign-out", data={"token": token})

    assert page.goes_to == SIGN_IN
    assert SESSION not in browser.cookies
    assert not is_known(Browser(browser.api, cookies=taken))


def test_a_session_ends_when_nobody_is_there(browser):
    clock = browser.api.bench.clock
    clock.time += MOST_IDLE - timedelta(minutes=1)
    assert is_known(browser)
    clock.time += MOST_IDLE - timedelta(minutes=1)
    assert is_known(browser)

    clock.time += MOST_IDLE

    assert not is_known(browser)


def test_a_session_ends_although_somebody_is_there(browser):
    for _ in range(2 * LONGEST // HOUR - 1):
        browser.api.bench.clock.time += HOUR / 2
        assert is_known(browser)

    browser.api.bench.clock.time += HOUR / 2

    assert not is_known(browser)


def test_a_page_that_asks_by_itself_is_nobody(browser, projects):
    for _ in range(3):
        browser.api.bench.clock.time += MOST_IDLE / 4
        assert browser.call("GET", projects, headers={"HX-Request": "true"}).status == 200

    browser.api.bench.clock.time += MOST_IDLE / 4
    page = browser.call("GET", projects, headers={"HX-Request": "true"})

    assert (page.status, page.html) == (200, "")
    assert page.response.headers["hx-redirect"] == f"{SIGN_IN}?next={projects}"


def test_what_is_over_is_not_revived_by_another_sign_in(browser):
    other = resources.create(browser.api.bench.ctx, name="other", region="there")
    browser.api.bench.clock.time += MOST_IDLE

    browser.sign_in(other.key1)

    assert browser.open(f"/studio/{browser.api.bench.me}/projects").status == 404
    assert browser.open(f"/studio/{other.resource.id}/projects").status == 200


def test_a_key_that_is_renewed_ends_its_sessions_and_no_others(browser):
    other = Browser(browser.api)
    other.sign_in(browser.api.bench.tenant.key2)

    resources.rotate_key(browser.api.bench.ctx, name="first", which=1)

    assert not is_known(browser)
    assert is_known(other)


def test_a_resource_that_is_deleted_ends_its_sessions(browser):
    resources.delete(browser.api.bench.ctx, browser.api.bench.me)

    assert not is_known(browser)


def test_a_session_survives_a_restart_and_counts_in_every_process(browser):
    again = Browser(browser.api.under(), cookies=browser.cookies)

    assert is_known(again)


def test_a_session_of_several_resources_chooses_among_them(browser):
    bench = browser.api.bench
    other = resources.create(bench.ctx, name="other", region="there")
    browser.sign_in(other.key2)

    page = browser.open("/studio/")

    assert "Select a Speech resource" in page.words
    assert {f"/studio/{bench.me}/projects", f"/studio/{other.resource.id}/projects"} <= set(page.links)
    here = browser.open(f"/studio/{other.resource.id}")
    assert "other (there)" in here.words
    current = [link["href"] for link in here.all("a") if link.get("aria-current") == "true"]
    assert current == [f"/studio/{other.resource.id}/projects"]
    assert {"Region here", "Region there"} <= {word for word in here.text.split("\n") if word.startswith("Region")}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://speech.test"},
        {"Origin": "http://evil.test"},
        {"Origin": "https://speech.test"},
        {"Origin": "null"},
    ],
)
def test_another_site_signs_nobody_in(stranger, headers):
    form = stranger.open(SIGN_IN)

    fields = form.fields | {"key": stranger.api.bench.tenant.key1}
    page = stranger.call("POST", SIGN_IN, data=fields, headers=headers)

    assert page.status == 403
    assert SESSION not in stranger.cookies


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://speech.test"}, {}])
def test_its_own_site_does(stranger, headers):
    form = stranger.open(SIGN_IN)

    fields = form.fields | {"key": stranger.api.bench.tenant.key1}

    assert stranger.call("POST", SIGN_IN, data=fields, headers=headers).status == 303


def test_a_form_of_another_visitor_is_no_form(stranger):
    theirs = Browser(stranger.api).open(SIGN_IN)
    stranger.open(SIGN_IN)

    page = stranger.call("POST", SIGN_IN, data=theirs.fields | {"key": stranger.api.bench.tenant.key1})

    assert page.status == 403


def test_who_follows_a_link_from_elsewhere_stays_signed_in(browser, projects):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    without = Browser(browser.api)

    page = without.call("GET", projects, headers=link)

    assert page.status == 200
    assert page.all("meta")[-1] == {"http-equiv": "refresh", "content": "0"}
    assert without.cookies == {}
    assert browser.call("GET", projects, headers={"Sec-Fetch-Site": "same-origin"}).status == 200


def test_neither_key_nor_session_gets_into_a_page_or_the_log(browser, projects, caplog):
    caplog.set_level(logging.DEBUG)
    browser.project(projects)
    browser.sign_in(browser.api.bench.tenant.key2)
    browser.send(SIGN_IN, key="a-wrong-key-of-mine")

    secrets = [browser.api.bench.tenant.key1, browser.api.bench.tenant.key2, "a-wrong-key-of-mine"]
    secrets.append(browser.cookies[SESSION])
    for told in (caplog.text, *(page.html for page in browser.seen)):
        assert not [secret for secret in secrets if secret in told]
    assert "operation=Studio_CreateProject status=303" in caplog.text


def test_ended_sessions_are_forgotten(browser):
    ctx, clock = browser.api.bench.ctx, browser.api.bench.clock
    digest = session_digest(browser.cookies[SESSION])
    with ctx.store.write(EVERY_RESOURCE) as tx:
        tx.sign_ins.forget(clock.time)
        assert len(tx.sign_ins.of(digest)) == 1
        tx.sign_ins.forget(clock.time + MOST_IDLE)
        assert tx.sign_ins.of(digest) == []


def test_a_look_at_a_page_is_mostly_no_write(browser):
    ctx, clock = browser.api.bench.ctx, browser.api.bench.clock
    session = browser.cookies[SESSION]

    def seen_at():
        with ctx.store.read(EVERY_RESOURCE) as tx:
            return tx.sign_ins.of(session_digest(session))[0].seen_at

    before = seen_at()
    sign_ins.resources_of(ctx, session, is_somebody=True)
    assert seen_at() == before
    clock.time += sign_ins.NOTED_EVERY
    sign_ins.resources_of(ctx, session, is_somebody=True)
    assert seen_at() > before
