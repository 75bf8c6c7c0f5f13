"""The front page: open to everybody, and of use to somebody who has never heard of the service."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import speechsmith
from speechsmith.api.auth import KEY_HEADER

FRONT = "http://speech.test/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Seen(HTMLParser):
    """The tags, attributes and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


@pytest.fixture
def stranger(sqlite_api):
    return sqlite_api.without_key()


@pytest.mark.parametrize("headers", [BROWSER, {"Accept": "*/*"}, {"Accept": ""}])
def test_a_browser_and_a_curl_without_a_key_see_a_page(stranger, headers):
    response = stranger.get(FRONT, headers=headers)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    seen = Seen(response.text)
    assert seen.open == []
    for told in ("http://speech.test/speechtotext/v3.1", "http://speech.test/speechtotext/v3.2", KEY_HEADER):
        assert told in seen.words


def test_who_asks_for_json_gets_the_same_addresses(stranger):
    response = stranger.get(FRONT, headers={"Accept": "application/json"})

    body = response.json()
    assert body["name"] == "Speechsmith"
    assert body["links"]["v3.2"] == "http://speech.test/speechtotext/v3.2"
    assert stranger.get(body["links"]["health"]).json() == {"status": "Healthy"}
    assert stranger.get(body["links"]["openapi v3.2"]).json()["info"]["version"] == "v3.2"


def test_the_page_loads_and_runs_nothing_and_its_links_answer(stranger):
    response = stranger.get(FRONT, headers=BROWSER)

    seen = Seen(response.text)
    assert not {"script", "link", "img", "iframe", "form", "base", "object"} & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "style", "action")]
    assert response.headers["content-security-policy"].startswith("sandbox; default-src 'none'; style-src 'sha256-")
    links = [value for name, value in seen.attributes if name == "href"]
    assert [stranger.get(f"http://speech.test{link}").status_code for link in links] == [303, 200, 200, 200]


def test_the_page_tells_no_version_of_anything(stranger):
    for accept in ("text/html", "application/json"):
        response = stranger.get(FRONT, headers={"Accept": accept})
        assert speechsmith.__version__ not in response.text
        assert "server" not in response.headers


def test_the_commands_of_the_page_are_the_first_of_the_readme(stranger):
    page = Seen(stranger.get(FRONT).text).words
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    commands = re.findall(r"^spx (?:.*\\\n)*.*$", readme, re.MULTILINE)[:3]

    assert len(commands) == 3
    assert [command for command in commands if command not in page] == []


@pytest.mark.parametrize("host", ['"><script>x</script>', "a&b", "'", "[", "a b"])
def test_a_strange_host_does_not_get_into_the_page(stranger, host):
    response = stranger.get(FRONT, headers={"Host": host.encode(), **BROWSER})

    assert response.status_code == 200
    assert "<script" not in response.text


def test_the_address_is_the_one_that_the_operator_says_and_no_part_of_the_page(sqlite_api):
    behind = sqlite_api.under(public_url="https://public.example/a&lt;b<c>/").without_key()

    seen = Seen(behind.get(FRONT).text)

    assert seen.words.count("https://public.example/a&lt;b<c>/speechtotext/v3.2") == 1
    assert seen.words.count("https://public.example/a&lt;b<c>/") == 6
    assert "export SPEECHSMITH_ENDPOINT=https://public.example/a&lt;b<c> " in seen.words


@pytest.mark.parametrize("path", ["//", "/?x=1", "/index.html", "/speechtotext/v3.2/projects"])
def test_only_the_front_page_itself_is_open(sqlite_api, path):
    status = sqlite_api.without_key().get(f"http://speech.test{path}").status_code

    assert status == (200 if path.startswith("/?") else 401)


def test_the_front_page_can_only_be_looked_at(stranger):
    assert stranger.call("HEAD", FRONT).status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert stranger.call(method, FRONT).status_code == 405
