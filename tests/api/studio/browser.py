"""A browser without scripts: it keeps cookies, fills in forms, and holds every page against what all pages promise."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx2
from caller import ROOT, Api

from speechsmith.api.studio.guard import HEADERS

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


class Page(HTMLParser):
    """An answer, and, where it is HTML, its tags with their attributes and its words."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.html = response.text if "html" in response.headers.get("content-type", "") else ""
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.title = ""
        self._open: list[str] = []
        if self.html:
            self.feed(self.html)
            self.close()
            assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["title"]:
            self.title += data
        else:
            self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def links(self) -> list[str]:
        return [attributes["href"] for attributes in self.all("a")]

    @property
    def fields(self) -> dict[str, str]:
        """The names of what can be sent, with what stands in `value`."""
        named = [a for tag in ("input", "textarea", "select") for a in self.all(tag)]
        return {attributes["name"]: attributes.get("value", "") for attributes in named if "name" in attributes}

    @property
    def token(self) -> str:
        return self.fields["token"]

    @property
    def goes_to(self) -> str:
        assert self.status == 303, self.html
        return self.response.headers["location"]


def check_page(page: Page) -> None:
    """What holds for every page: no script, style or address of others in it, and names for who cannot see it."""
    for name, value in HEADERS.items():
        assert page.response.headers[name] == value
    assert page.response.headers["cache-control"] == "no-store"
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.title.endswith(" - Speechsmith Studio")
    assert not page.all("style")
    assert all("src" in script for script in page.all("script"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("href", "src", "action", "hx-get"):
            assert re.fullmatch(r"(/studio[^/:]*(/[^/:]+)*/?|[?#][^/:]*|)", attributes.get(name, "")), attributes[name]
        for described in attributes.get("aria-describedby", "").split():
            assert described in ids
    labelled = {attributes.get("for") for attributes in page.all("label")}
    for tag in ("input", "textarea", "select"):
        assert all(a["id"] in labelled for a in page.all(tag) if a.get("type") != "hidden")
    sent = [form for form in page.all("form") if form.get("method") == "post"]
    assert all(form.get("method") in ("post", "get") for form in page.all("form"))
    assert len(sent) == sum(a.get("name") == "token" for a in page.all("input"))
    assert {tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)} <= {"h1", "h2"}


@dataclass
class Browser:
    """It has cookies of its own. `seen` are all pages that it was shown."""

    api: Api
    root: str = ROOT
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Page] = field(default_factory=list)

    def call(self, method: str, path: str, **options: Any) -> Page:
        headers = options.pop("headers", {})
        if self.cookies:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}

        async def send() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.api.app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url=self.root) as client:
                return await client.request(method, path, headers=headers, **options)

        response = self.api.runner.run(send())
        for cookie in response.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        page = Page(response)
        if page.html and 'http-equiv="refresh"' not in page.html:
            check_page(page)
        self.seen.append(page)
        return page

    def open(self, path: str, **options: Any) -> Page:
        """A page, and what it leads to at once."""
        page = self.call("GET", path, **options)
        return self.open(page.goes_to) if page.status == 303 else page

    def send(self, path: str, /, **fields: str) -> Page:
        """Fill in the form of a page and send it; what stands in it already is sent too."""
        form = self.open(path)
        assert form.status == 200, form.html
        return self.call("POST", path, data=form.fields | fields)

    def sign_in(self, key: str) -> str:
        """The address of the projects of the key's resource."""
        return self.send("/studio/sign-in", key=key).goes_to

    def project(self, projects: str, **fields: str) -> str:
        """Make a project; returns its address."""
        made = self.send(f"{projects}/new", **({"displayName": "Calls", "locale": "en-US"} | fields)).goes_to
        return f"{projects}/{made.partition('?made=')[2]}"
