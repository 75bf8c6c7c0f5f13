"""Projects in the browser: made, opened, renamed, deleted; and nobody else's."""

import re
from uuid import uuid4

import pytest
from browser import Browser, Page

from speechsmith.api.studio.pages import PAGES
from speechsmith.domain.projects import Project
from speechsmith.services import entities, resources

MENU = ["Speech datasets", "Train custom models", "Test models", "Deploy models"]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7919 * 7907 }}",
    "</textarea><b>",
    "' autofocus x='",
]


def kept(browser: Browser) -> list[Project]:
    return list(entities.page(browser.api.bench.ctx, browser.api.bench.me, Project, top=100).values)


def test_who_has_no_project_is_told_what_one_is(browser, projects):
    page = browser.open(projects)

    assert "Begin with a project" in page.words
    assert page.links.count(f"{projects}/new") == 1
    assert not page.all("table")


def test_a_new_project_is_gone_to_from_the_list(browser, projects):
    address = browser.project(projects, displayName="Calls", description="Of the clinic.\r\nIn the night.")

    page = browser.open(f"{projects}?made={address.rpartition('/')[2]}")
    assert "The project Calls was created. Go to project" in page.words
    assert page.links.count(address) == 2
    (project,) = kept(browser)
    assert (project.display_name, project.locale) == ("Calls", "en-US")
    assert project.description == "Of the clinic.\nIn the night."


def test_a_project_has_the_menu_of_the_original_and_says_where_one_is(browser, projects):
    address = browser.project(projects)

    for section, name in zip(("datasets", "models", "tests", "endpoints"), MENU, strict=True):
        page = browser.open(f"{address}/{section}")
        assert " ".join(MENU) in page.words
        assert [link["href"] for link in page.all("a") if link.get("aria-current") == "page"] == [
            f"{address}/{section}"
        ]
        assert page.title.startswith(f"{name} - Calls")


def test_every_link_of_every_page_answers(browser, projects):
    browser.project(projects)
    left, seen = [projects], set()
    while left:
        path = left.pop()
        seen.add(path)
        page = browser.call("GET", path)
        assert page.status in (200, 303), path
        found = [page.goes_to] if page.status == 303 else page.links
        left += [link for link in found if link.startswith("/") and link not in seen and link not in left]

    assert len(seen) > 9


def test_only_languages_with_a_base_model_are_offered(browser, projects):
    form = browser.open(f"{projects}/new")

    options = form.html.count("<option")
    assert options == len(entities.locales(browser.api.bench.ctx))
    page = browser.call("POST", f"{projects}/new", data=form.fields | {"displayName": "x", "locale": "tlh"})
    assert page.status == 400
    assert "The locale 'tlh' is not supported here" in page.words
    assert kept(browser) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "Name must not be empty; give a name."),
        ("  ", "Name must not be empty; give a name."),
        ("x" * 1_001, "Name has 1001 characters; at most 1000 are stored."),
    ],
)
def test_a_name_that_is_refused_is_told_of_and_nothing_else_is_lost(browser, projects, name, told):
    for path in (f"{projects}/new", f"{browser.project(projects)}/rename"):
        before = kept(browser)
        page = browser.send(path, displayName=name, description="I wrote this.", locale="en-US")

        assert page.status == 400
        assert page.title.startswith("Error: ")
        assert told in page.words
        (field,) = [a for a in page.all("input") if a["name"] == "displayName"]
        assert (field["aria-invalid"], field["value"]) == ("true", name)
        assert "I wrote this." in page.text
        assert "#displayName" in page.links
        assert kept(browser) == before


def test_a_project_with_nothing_in_it_leads_from_step_to_step(browser, projects):
    address = browser.project(projects)
    steps = [f"{address}/{section}/new" for section in ("datasets", "models", "tests", "endpoints")]
    self = f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"

    empty = browser.open(address)
    browser.api.make("datasets", kind="Language", project={"self": self})
    filled = browser.open(address)

    assert [link for link in dict.fromkeys(empty.links) if link in steps] == steps
    assert not [link for link in filled.links if link in steps]


def test_a_project_is_renamed(browser, projects):
    address = browser.project(projects, description="first")

    sent = browser.send(f"{address}/rename", displayName="Notes", description="")

    assert sent.goes_to == address
    assert "Notes" in browser.open(address).words
    assert (kept(browser)[0].display_name, kept(browser)[0].description) == ("Notes", "")


def test_a_project_is_deleted_and_what_belonged_to_it_stays(browser, projects):
    address = browser.project(projects)
    self = f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"
    dataset = browser.api.make("datasets", kind="Language", project={"self": self})

    asked = browser.open(f"{address}/delete")
    sent = browser.send(f"{address}/delete")

    assert "It has 1 dataset. What belongs to it stays, with all data" in asked.words
    assert "What belonged to it is still there" in browser.open(sent.goes_to).words
    assert browser.open(address).status == 404
    assert "project" not in browser.api.get(dataset["self"]).json()


def test_who_sends_a_form_twice_is_told_no_nonsense(browser, projects):
    address = browser.project(projects)
    form = browser.open(f"{address}/delete")

    twice = [browser.call("POST", f"{address}/delete", data=form.fields) for _ in range(2)]

    assert [page.goes_to for page in twice] == [f"{projects}?deleted"] * 2
    assert browser.call("POST", f"{address}/rename", data=form.fields).status == 404


def test_a_limit_of_the_operator_is_told_beside_the_form(browser):
    limited = Browser(browser.api.under(max_entities="projects=1"), cookies=browser.cookies)
    projects = f"/studio/{browser.api.bench.me}/projects"
    limited.project(projects)

    page = limited.send(f"{projects}/new", displayName="One more", locale="en-US")

    assert page.status == 429
    assert 'role="alert"' in page.html
    assert page.fields["displayName"] == "One more"


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_write_is_text_and_nothing_else(browser, projects, text):
    def made(text: str) -> list[Page]:
        address = browser.project(projects, displayName=text, description=text)
        self = f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"
        members = {"displayName": text, "description": text, "project": {"self": self}}
        browser.api.make("datasets", kind="Language", **members)
        browser.api.make("models", text="send a gasket", **members)
        browser.api.make("endpoints", **members)
        pages = [browser.open(page) for page in pages_of(address)]
        return [*pages, browser.send(f"{projects}/new", displayName=text, description=text, locale=text)]

    for plain, hostile in zip(made("plain"), made(text), strict=True):
        assert text in hostile.text
        assert outline(hostile) == outline(plain)


def outline(page: Page) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in page.tags]


def pages_of(address: str) -> list[str]:
    return [address, *(f"{address}/{part}" for part in ("rename", "delete", "datasets", "models", "endpoints"))]


def test_a_project_of_another_resource_is_not_there(browser, projects):
    address = browser.project(projects)
    other = Browser(browser.api)
    made = resources.create(browser.api.bench.ctx, name="other", region="there")
    mine = other.sign_in(made.key1)
    form = other.open(f"{mine}/new")

    for page in pages_of(address):
        assert other.open(page).status == 404
        assert other.open(page.replace(projects, mine)).status == 404
    for part in ("rename", "delete"):
        assert other.call("POST", f"{address}/{part}", data=form.fields | {"displayName": "Taken"}).status == 404
        other.call("POST", f"{address.replace(projects, mine)}/{part}", data=form.fields | {"displayName": "Taken"})
    assert other.call("POST", f"{projects}/new", data=form.fields | {"locale": "en-US"}).status == 404
    assert [project.display_name for project in kept(browser)] == ["Calls"]
    assert "Calls" not in other.open(mine).words


def test_two_tabs_of_two_resources_do_not_meet(browser, projects):
    made = resources.create(browser.api.bench.ctx, name="other", region="there")
    theirs = browser.sign_in(made.key1)

    browser.project(projects, displayName="Mine")
    browser.project(theirs, displayName="Theirs")

    assert "Theirs" not in browser.open(projects).words
    assert "Mine" not in browser.open(theirs).words


def filled(path: str, **ids: object) -> str:
    """An address of the table, with these ids in it, and others for the rest."""
    known = lambda found: str(ids.get(found[1], uuid4() if found[2] == "uuid" else 1))  # noqa: E731
    return re.sub(r"\{(\w+):(\w+)\}", known, path)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_without_its_token_changes_nothing(browser, projects, token):
    address = browser.project(projects)
    fields = {"displayName": "x", "locale": "en-US", "key": browser.api.bench.tenant.key2}
    fields |= {} if token is None else {"token": token}

    for page in [page for page in PAGES if page.method == "POST"]:
        path = filled(page.path, resource=projects.split("/")[2], id=address.rpartition("/")[2])
        sent = browser.call("POST", f"/studio{path}", data=fields)

        assert sent.status == 403, page
        assert "nothing was changed" in sent.words, page
        assert [project.display_name for project in kept(browser)] == ["Calls"], page
        assert "Sign out" in browser.open(projects).words, page


def test_who_is_not_signed_in_sees_no_page_but_the_first(stranger):
    for page in PAGES:
        path = f"/studio{filled(page.path, resource=stranger.api.bench.me)}"

        shown = stranger.call(page.method, path, **({"data": {"token": "x"}} if page.method == "POST" else {}))

        if page.is_open:
            assert shown.status == (200 if page.method == "GET" else 403), page
        else:
            assert shown.goes_to.startswith("/studio/sign-in?next="), page


def test_the_newest_come_first_and_fifty_at_once(browser, projects):
    bench = browser.api.bench
    for number in range(51):
        bench.clock()
        browser.api.project(displayName=f"Project {number}.")

    first, second = browser.open(projects), browser.open(f"{projects}?page=2")

    assert "Project 50." in first.words
    assert "Project 0." not in first.words
    assert first.words.index("Project 50.") < first.words.index("Project 49.")
    assert "Project 0." in second.words
    assert "Project 1." not in second.words
    assert ("?page=2" in first.links, "?page=1" in second.links) == (True, True)
    for number in ("0", "-1", "x", "9" * 30, "²"):
        assert browser.open(f"{projects}?page={number}").status == 200
