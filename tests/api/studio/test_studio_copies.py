"""Models copied by a wizard, and what belongs to no project connected to one."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from browser import Browser, Page

from speechsmith.domain.models import CustomModel
from speechsmith.domain.projects import Project
from speechsmith.services import entities, resources
from speechsmith.services.resources import WithKeys


@pytest.fixture
def project(browser, projects):
    """The address of a project, and how REST names it."""
    address = browser.project(projects)
    return address, {"self": f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"}


@pytest.fixture
def model(browser, project):
    """The address of a trained model of it."""
    made = browser.api.done(browser.api.make("models", displayName="Mine", text="torx", project=project[1]))
    return f"{project[0]}/models/{made['self'].rpartition('/')[2]}"


@pytest.fixture
def other(browser) -> WithKeys:
    """Another Speech resource of the same server, in a region of its own."""
    return resources.create(browser.api.bench.ctx, name="other", region="there")


def models_of(browser: Browser, resource: WithKeys) -> list[CustomModel]:
    return list(entities.page(browser.api.bench.ctx, resource.resource.id, CustomModel, top=9).values)


def send(browser: Browser, address: str, **fields: str) -> Page:
    return browser.call("POST", f"{address}/copy", data=fields | {"token": browser.open(address).token})


def test_a_copy_goes_to_a_region_a_resource_and_a_project(browser, model, other):
    theirs = browser.sign_in(other.key1)
    target = browser.project(theirs, displayName="Theirs")
    german = browser.project(theirs, displayName="German", locale="de-DE")
    given = {"region": "there", "target": str(other.resource.id)}

    region = browser.open(f"{model}/copy")
    resource = browser.open(f"{model}/copy?{urlencode({'step': 2, 'region': 'there'})}")
    chosen = browser.open(f"{model}/copy?{urlencode({'step': 3} | given)}")
    closed = send(browser, model, **given, project=target.rpartition("/")[2])

    assert [a["value"] for a in region.all("input") if a.get("name") == "region"] == sorted(["here", "there"])
    assert "other" in resource.words
    values = [a["value"] for a in chosen.all("option")]
    assert (target.rpartition("/")[2] in values, german.rpartition("/")[2] in values) == (True, False)
    (copied,) = models_of(browser, other)
    assert str(copied.project_id) == target.rpartition("/")[2]
    under_way = browser.open(closed.goes_to)
    assert "The copy has begun." in under_way.words
    assert f"{target}/models/{copied.id}" in under_way.links
    (again,) = [a for a in under_way.all("div") if "hx-get" in a]
    assert again["hx-get"] == closed.goes_to
    assert "#done:innerHTML" in again["hx-select-oob"]
    browser.api.bench.work_off()
    notice = browser.open(closed.goes_to)
    assert "The copy is done: Mine is in the project Theirs of other (there)." in notice.words
    assert not [a for a in notice.all("div") if "hx-get" in a]
    done = browser.open(model)
    assert "Copy Mine in other (there)" in done.words
    assert not [a for a in done.all("div") if "hx-get" in a]
    there = browser.open(f"{target}/models/{copied.id}")
    assert "Mine of first (here)" in there.words
    assert model in there.links
    assert "its data is where it was trained" in there.words


def test_a_new_project_is_made_there_with_the_copy_or_not_at_all(browser, model, other):
    theirs = browser.sign_in(other.key1)
    given = {"region": "there", "target": str(other.resource.id), "project": "new"}

    nameless = send(browser, model, **given, projectName="x" * 1_001)
    none = browser.open(f"{theirs}/projects")
    closed = send(browser, model, **given, projectName="Made for it")

    assert nameless.status == 400
    assert any(a.get("aria-invalid") == "true" for a in nameless.all("input") if a.get("name") == "projectName")
    assert "Made for it" not in none.words
    assert "xxx" not in none.words
    (copied,) = models_of(browser, other)
    assert "The copy has begun." in browser.open(closed.goes_to).words
    with browser.api.bench.ctx.store.read(other.resource.id) as tx:
        project = tx.table(Project).get(copied.project_id)
    assert (project.display_name, project.locale) == ("Made for it", copied.locale)


@pytest.fixture
def free(browser) -> Browser:
    """The same browser at a service whose operator lets people make resources."""
    return replace(browser, api=browser.api.under(new_resources=True))


def test_a_new_resource_is_made_with_the_copy_where_the_operator_allows_it(browser, free, model):
    given = {"region": "here", "target": "new", "resourceName": "clinic", "project": "new", "projectName": "First"}

    asked = free.open(f"{model}/copy?{urlencode({'step': 2, 'region': 'here'})}")
    last = free.open(f"{model}/copy?{urlencode({'step': 3} | given)}")
    closed = send(free, model, **given)

    assert "A new one" in asked.words
    assert "Project in clinic" in last.words
    made = resources.find(free.api.bench.ctx, "clinic")
    (copied,) = entities.page(free.api.bench.ctx, made.id, CustomModel, top=9).values
    assert made.region == "here"
    browser.api.bench.work_off()
    assert "is in the project First of clinic (here)." in free.open(closed.goes_to).words
    there = free.open(f"/studio/{made.id}/projects/{copied.project_id}/models/{copied.id}")
    assert "Mine of first (here)" in there.words
    assert free.open(f"/studio/{made.id}/settings").status == 200


def test_of_a_new_resource_nothing_is_made_unless_all_is(free, model):
    given = {"region": "here", "target": "new", "resourceName": "clinic"}
    before = resources.listing(free.api.bench.ctx)

    taken = send(free, model, **given | {"resourceName": before[0].name})
    nameless = send(free, model, **given | {"resourceName": " "})
    elsewhere = send(free, model, **given | {"region": "nowhere"})
    no_project = send(free, model, **given, project="new", projectName="x" * 1_001)
    their_project = send(free, model, **given, project=model.split("/")[4])

    pages = (taken, nameless, elsewhere, no_project, their_project)
    assert [page.status for page in pages] == [409, 400, 400, 400, 404]
    assert f"There is a resource '{before[0].name}' already" in taken.words
    for page in (taken, nameless):
        assert any(a.get("aria-invalid") == "true" for a in page.all("input") if a.get("name") == "resourceName")
    assert resources.listing(free.api.bench.ctx) == before


def test_nobody_makes_a_resource_where_only_the_operator_may(browser, model):
    before = resources.listing(browser.api.bench.ctx)

    asked = browser.open(f"{model}/copy?{urlencode({'step': 2, 'region': 'here'})}")
    refused = send(browser, model, region="here", target="new", resourceName="clinic", project="")

    assert "A new one" not in asked.words
    assert "speechsmith resource create" in asked.words
    assert refused.status == 400
    assert "Select one of the Speech resources." in refused.words
    assert resources.listing(browser.api.bench.ctx) == before


def test_a_key_opens_a_resource_that_nobody_is_signed_in_to(browser, model):
    beside = resources.create(browser.api.bench.ctx, name="beside", region="here")
    given = {"region": "here", "target": "key"}

    asked = browser.open(f"{model}/copy?{urlencode({'step': 3} | given)}")
    closed = send(browser, model, **given, key=beside.key2)

    (field,) = [a for a in asked.all("input") if a.get("name") == "key"]
    assert (field["type"], field["autocomplete"]) == ("password", "off")
    assert [one.project_id for one in models_of(browser, beside)] == [None]
    page = browser.open(closed.goes_to)
    assert "Copy in another Speech resource" in page.words
    browser.api.bench.work_off()
    arrived = browser.open(closed.goes_to).words
    assert "Mine is in the other Speech resource, and in no project until it is connected to one there." in arrived
    assert "beside" not in page.words


@pytest.mark.parametrize(
    ("fields", "told", "at"),
    [
        ({"region": "nowhere"}, "Select one of the regions.", "Region"),
        ({"region": "here"}, "Select one of the Speech resources.", "Speech resource"),
        ({"region": "here", "target": "x"}, "Select one of the Speech resources.", "Speech resource"),
        ({"region": "here", "target": "key"}, "Enter a key of the Speech resource.", "Project"),
        (
            {"region": "here", "target": "key", "key": "k"},
            "No Speech resource in the region here has this",
            "Project",
        ),
    ],
)
def test_what_is_refused_is_told_at_its_step(browser, model, fields, told, at):
    page = send(browser, model, **fields)

    assert page.status == 400
    assert told in page.words
    assert f'aria-current="step">{at}<' in page.html


def test_a_refused_key_is_not_in_the_page(browser, model):
    for region in ("here", "nowhere"):
        page = send(browser, model, region=region, target="key", key="3f2a91c0ffee")
        assert page.status == 400
        assert "3f2a91c0ffee" not in page.html


def test_a_resource_whose_key_nobody_has_shown_is_no_target(browser, model, other):
    page = send(browser, model, region="there", target=str(other.resource.id))
    elsewhere = send(browser, model, region="here", target="key", key=other.key1)

    assert (page.status, elsewhere.status) == (400, 400)
    assert models_of(browser, other) == []


def test_a_project_of_another_language_or_resource_takes_no_copy(browser, projects, model, other):
    theirs = browser.sign_in(other.key1)
    german = browser.project(theirs, displayName="German", locale="de-DE")
    mine = browser.project(projects, displayName="Here")
    given = {"region": "there", "target": str(other.resource.id)}

    refused = [send(browser, model, **given, project=one.rpartition("/")[2]) for one in (german, mine)]

    assert [page.status for page in refused] == [400, 404]
    assert "project 'German' is de-DE" in refused[0].words
    assert models_of(browser, other) == []


def test_what_servers_this_one_trusts_have_regions_to_copy_to(browser, model):
    trusting = replace(browser, api=browser.api.under(peers="far https://b.example trusted, near https://c.example"))

    page = trusting.open(f"{model}/copy")

    assert [a["value"] for a in page.all("input") if a.get("name") == "region"] == ["far", "here"]


# what belongs to no project


def connect(browser: Browser, project: str, **ids: str) -> Page:
    return browser.call("POST", f"{project}/connect", data=ids | {"token": browser.open(project).token})


def id_of(entity):
    return entity["self"].rpartition("/")[2]


def test_a_project_tells_what_could_be_connected_until_it_is(browser, project):
    address, reference = project
    assert "belongs to no project" not in browser.open(address).words
    free = browser.api.make("datasets", kind="Language", displayName="Free")
    endpoint = browser.api.make("endpoints", displayName="Ear")
    browser.api.make("datasets", kind="Language", displayName="Taken", project=reference)

    told = browser.open(address)
    page = browser.open(f"{address}/connect")
    closed = connect(browser, address, datasets=id_of(free), endpoints=id_of(endpoint))

    assert f"{address}/connect" in told.links
    boxes = [a["value"] for a in page.all("input") if a.get("type") == "checkbox"]
    assert boxes == [id_of(free), id_of(endpoint)]
    shown = browser.open(closed.goes_to)
    assert "2 were connected to this project." in shown.words
    assert f"{address}/connect" not in shown.links
    assert browser.api.get(free["self"]).json()["project"] == reference
    assert "Everything in en-US belongs to a project already." in browser.open(f"{address}/connect").words


def test_another_language_is_not_offered_and_refused_in_words(browser, project):
    address, _ = project
    german = browser.api.make("datasets", kind="Language", displayName="Deutsch", locale="de-DE")
    free = browser.api.make("datasets", kind="Language", displayName="Free")

    page = browser.open(f"{address}/connect")
    fields = f"datasets={id_of(free)}&datasets={id_of(german)}&token={page.token}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = browser.call("POST", f"{address}/connect", content=fields.encode(), headers=headers)

    assert "Deutsch" not in page.words
    assert refused.status == 400
    assert "'Deutsch' is de-DE, and the project 'Calls' is en-US" in refused.words
    assert "project" not in browser.api.get(free["self"]).json()
    assert [a["value"] for a in refused.all("input") if "checked" in a] == [id_of(free)]


def test_nothing_is_taken_from_another_project_or_resource(browser, projects, project, other):
    address, _ = project
    elsewhere = browser.project(projects, displayName="Elsewhere")
    reference = {"self": f"http://speech.test/speechtotext/v3.2/projects/{elsewhere.rpartition('/')[2]}"}
    taken = browser.api.make("datasets", kind="Language", displayName="Taken", project=reference)
    api = browser.api.as_tenant("third")
    theirs = api.make("datasets", kind="Language")

    refused = connect(browser, address, datasets=id_of(taken))
    not_there = connect(browser, address, datasets=id_of(theirs))
    nothing = connect(browser, address)

    assert (refused.status, not_there.status, nothing.status) == (409, 404, 400)
    assert "'Taken' belongs to another project by now" in refused.words
    assert "Tick what is to be connected." in nothing.words
    assert browser.api.get(taken["self"]).json()["project"] == reference
    assert "project" not in api.get(theirs["self"]).json()


def test_who_connects_twice_is_told_no_nonsense(browser, project):
    address, _ = project
    free = browser.api.make("datasets", kind="Language", displayName="Free")

    twice = [connect(browser, address, datasets=id_of(free)) for _ in range(2)]

    assert [page.goes_to for page in twice] == [f"{address}?connected=1"] * 2


def test_of_many_the_newest_are_listed_and_the_rest_follow(browser, project):
    address, _ = project
    for number in range(21):
        browser.api.bench.clock()
        browser.api.make("datasets", kind="Language", displayName=f"Free {number}.")

    page = browser.open(f"{address}/connect")

    assert len([a for a in page.all("input") if a.get("type") == "checkbox"]) == 20
    assert "Free 20." in page.words
    assert "Free 0." not in page.words
    assert "These are the newest 20." in page.words
