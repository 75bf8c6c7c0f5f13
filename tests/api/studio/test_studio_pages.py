"""What all of Studio promises: its lists, its files, its refusals."""

import gzip
import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from bench import acoustic
from speechsmith.api.auth import KEY_HEADER
from speechsmith.api.studio.files import BUILT, ORDER, STATIC, assets
from speechsmith.api.studio.rendering import Templates

MOST_BYTES = 120 * 1024


@pytest.fixture
def project(browser, projects):
    """The address of a project, and how REST names it."""
    address = browser.project(projects)
    return address, {"self": f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"}


def test_datasets_tell_their_kind_what_became_of_them_and_why(browser, project):
    address, reference = project
    browser.api.dataset(acoustic({0: "Please send a gasket."}), displayName="Good", project=reference["self"])
    browser.api.dataset(b"not a zip", displayName="Bad", project=reference["self"])

    page = browser.open(f"{address}/datasets")

    assert "Audio + human-labeled transcript" in page.words
    assert "Succeeded" in page.words
    assert "Failed" in page.words
    assert "Put the audio into a zip; text is Plain text." in page.words  # REST calls that kind Language
    assert not page.all("noscript")


def test_a_list_asks_again_while_something_is_under_way_and_no_longer(browser, project):
    address, reference = project
    browser.api.make("models", text="send a gasket", project=reference)

    waiting = browser.open(f"{address}/models")
    browser.api.bench.work_off()
    done = browser.open(f"{address}/models")

    (polls,) = [a for a in waiting.all("div") if "hx-get" in a]
    assert (polls["id"], polls["hx-select"], polls["hx-get"]) == ("list", "#list", "?page=1")
    assert "1 under way." in waiting.words
    assert "Waiting" in waiting.words
    assert not [a for a in done.all("div") if "hx-get" in a]
    assert "Never" in done.words


def test_models_tests_and_endpoints_name_the_models_behind_them(browser, project):
    address, reference = project
    api = browser.api
    data = api.dataset()
    model = api.done(api.make("models", displayName="Mine", text="send a gasket", project=reference))
    chosen = {"model1": {"self": api.base()["self"]}, "model2": {"self": model["self"]}}
    test = api.done(api.make("evaluations", dataset={"self": data["self"]}, project=reference, **chosen))
    endpoint = api.done(api.make("endpoints", model={"self": model["self"]}, project=reference))

    base = api.base()["displayName"]
    rates = [f"{100 * test['properties'][f'wordErrorRate{number}']:.1f} %" for number in (1, 2)]
    assert base in browser.open(f"{address}/models").words
    assert f"{base}: {rates[0]} Mine: {rates[1]}" in browser.open(f"{address}/tests").words
    shown = browser.open(f"{address}/endpoints").words
    assert "Mine" in shown
    assert endpoint["self"].rpartition("/")[2] in shown
    browser.api.post(f"{endpoint['self']}:suspend")
    assert "Suspended" in browser.open(f"{address}/endpoints").words


@pytest.mark.parametrize(
    "path", ["/studio/nowhere", "/studio/sign-in/", "/studio/x/projects", f"/studio/{uuid4()}/projects"]
)
def test_an_unknown_address_is_told_in_words(browser, path):
    page = browser.open(path)

    assert page.status == 404
    assert "There is nothing at this address" in page.words


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_that_a_page_has_not_is_refused_with_those_that_it_has(browser, projects, method):
    page = browser.call(method, f"{projects}/new")

    assert page.status == 405
    assert {"GET", "POST"} <= set(page.response.headers["allow"].split(", "))


def test_a_head_is_a_get_without_a_body(browser, projects):
    page = browser.call("HEAD", projects)

    assert (page.status, page.response.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"x" * 300_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 413),
        ({"content": b"&".join([b"a=1"] * 301), "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"content": b"a=%ff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"content": b"a=\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"content": b"a=%00", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"json": {"token": "x"}}, 415),
        ({"files": {"token": b"x"}}, 415),
        ({"data": {"a": "b"}, "headers": {"Content-Encoding": "gzip"}}, 415),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(browser, projects, options, status):
    assert browser.call("POST", f"{projects}/new", **options).status == status


def test_a_fault_of_ours_is_a_page_with_the_number_of_its_line_in_the_log(browser, projects, caplog):
    with browser.api.bench.ctx.store.engine.begin() as connection:
        connection.execute(text("DROP TABLE projects"))

    page = browser.call("GET", projects, headers={"x-request-id": "mine"})

    assert page.status == 500
    assert "under request mine" in page.words
    assert "fault request_id=mine" in caplog.text


def test_a_key_in_a_header_is_nobody_in_studio(stranger):
    headers = {KEY_HEADER: stranger.api.bench.tenant.key1}

    assert "sign-in" in stranger.call("GET", "/studio/", headers=headers).goes_to


def test_only_studio_itself_is_open_to_strangers(stranger):
    assert stranger.call("GET", "/studio").response.headers["location"] == "/studio/"
    for path in ("/studiox", "/studio.", "/speechtotext/v3.2/projects"):
        assert stranger.api.without_key().get(f"http://speech.test{path}").status_code == 401


def test_a_session_opens_no_api(browser):
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}

    assert browser.api.without_key().get("/projects", headers=headers).status_code == 401


def test_files_are_kept_for_ever_and_packed_for_who_can_unpack(stranger):
    page = stranger.open("/studio/sign-in")
    of_all_pages = [a["href"] for a in page.all("link")] + [a["src"] for a in page.all("script")]
    addresses = [asset.address for asset in assets().files]

    assert set(of_all_pages) == {assets().address(name) for name in {*ORDER, "icon.svg"} - set(assets().missing)}
    assert len(addresses) == len(list(STATIC.iterdir())) + len(BUILT) - len(assets().missing)
    for address in addresses:
        packed = stranger.call("GET", address, headers={"Accept-Encoding": "gzip"}).response
        plain = stranger.call("GET", address, headers={"Accept-Encoding": "identity"}).response
        assert packed.status_code == plain.status_code == 200
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        assert "immutable" in plain.headers["cache-control"]
        assert plain.headers["x-content-type-options"] == "nosniff"
    assert stranger.call("GET", re.sub("/[0-9a-f]{16}/", "/0123456789abcdef/", addresses[0])).status == 404


def test_the_first_visit_is_small(stranger):
    page = stranger.open("/studio/sign-in")

    assert len(page.html) + sum(len(asset.packed) for asset in assets().files) < MOST_BYTES


def test_files_load_nothing_from_elsewhere(stranger):
    for asset in assets().files:
        assert gzip.decompress(asset.packed) == asset.plain
        if asset.name.endswith(".css"):
            assert re.findall(rb"url\(|@import|//", asset.plain) == []


def test_without_the_files_of_others_pages_work_and_say_so(tmp_path):
    few = assets(vendor=tmp_path)

    html = Templates(few).page("refusal.html", {"visit": None, "token": "", "title": "T", "message": "M"})

    assert set(few.missing) == BUILT
    assert "tokens.css" not in html
    assert "without some of its browser files" in html


def test_the_colors_of_each_theme_have_a_fallback():
    css = (STATIC / "studio.css").read_text(encoding="utf-8")

    assert re.findall(r"var\(--[a-z]\w*[A-Z]\w*\)", css) == []
