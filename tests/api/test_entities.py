"""What every entity can: be made, listed page by page, changed, connected, deleted."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from caller import reference

from speechsmith.api.operations import OPERATIONS

NEW = {"displayName": "thing", "locale": "en-US"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def names(page) -> list[str]:
    return [entity["displayName"] for entity in page["values"]]


def some(api, count: int) -> list[str]:
    return [api.project(displayName=f"project {number}")["displayName"] for number in range(count)]


# paging


def test_pages_are_oldest_first_and_lose_nothing(api):
    made = some(api, 5)

    seen, url = [], f"{api.below('/projects')}?top=2"
    while url:
        page = api.get(url).json()
        seen += names(page)
        url = page.get("@nextLink")

    assert seen == made


def test_the_next_link_keeps_every_parameter_of_the_query(sqlite_api):
    some(sqlite_api, 3)

    page = sqlite_api.get("/projects?top=1&skip=1&other=a%26b%20c&api-version=x").json()

    assert page["@nextLink"] == (
        "http://speech.test/speechtotext/v3.2/projects?top=1&skip=2&other=a%26b%20c&api-version=x"
    )
    assert "@nextLink" not in sqlite_api.get("/projects?skip=2").json()


@pytest.mark.parametrize(
    ("query", "following"),
    [
        ("top=1", "top=1&skip=1"),
        ("x=%C3%A4&x=b+c&x&=&&top=1&x=%2520", "x=%C3%A4&x=b+c&x&=&top=1&x=%2520&skip=1"),
        ("%74op=1&Skip=2", "top=1&Skip=2&skip=1"),
        ("top=1&filter=locale%20eq+%27en-US%27&sasValidityInSeconds=9", None),
    ],
)
def test_the_next_link_keeps_what_nobody_knows_letter_by_letter(sqlite_api, query, following):
    some(sqlite_api, 2)

    link = sqlite_api.get(f"/projects?{query}").json()["@nextLink"]

    assert link.partition("?")[2] == (following or f"{query}&skip=1")


def test_a_page_has_a_hundred_unless_told_otherwise(sqlite_api):
    some(sqlite_api, 101)

    page = sqlite_api.get("/projects").json()
    whole = sqlite_api.get("/projects?top=5000").json()

    assert len(page["values"]) == 100
    assert "skip=100" in page["@nextLink"]
    assert len(whole["values"]) == 101


@pytest.mark.parametrize("path", ["/projects", "/datasets", "/models/base", "/evaluations", "/transcriptions"])
@pytest.mark.parametrize("query", ["top=0", "top=-1", "skip=-1", "top=x", "skip=1.5", "top=", "skip=2147483648"])
def test_a_page_that_cannot_be_is_refused(sqlite_api, path, query):
    response = sqlite_api.get(f"{path}?{query}")

    assert response.status_code == 400
    assert response.json()["innerError"]["code"] == "InvalidParameterValue"
    assert response.json()["target"] == query.partition("=")[0]


def test_a_page_behind_the_last_is_empty(sqlite_api):
    assert sqlite_api.get("/projects?skip=10").json() == {"values": []}


@pytest.mark.parametrize(
    ("query", "code", "target"),
    [
        ("skip=1&skip=2", "InvalidParameterValue", "skip"),
        ("top=1&%74op=1", "InvalidParameterValue", "top"),
        ("filter=&filter=", "InvalidParameterValue", "filter"),
        ("skipToken=x", "UnsupportedPagination", "skipToken"),
    ],
)
def test_what_a_list_cannot_be_asked_is_refused(sqlite_api, query, code, target):
    response = sqlite_api.get(f"/projects?{query}")

    assert (response.status_code, response.json()["innerError"]["code"]) == (400, code)
    assert response.json()["target"] == target


def test_pages_of_a_filtered_list_lose_nothing(api):
    for number in range(6):
        api.project(displayName=f"it's {number}", description="even" if number % 2 == 0 else "")

    seen, url = (
        [],
        f"{api.below('/projects')}?top=2&filter=displayName%20ne%20'it''s%204'+and+description%20eq%20'even'%20or%20displayName%20eq%20'it''s%205'",
    )
    while url:
        page = api.get(url).json()
        seen += names(page)
        url = page.get("@nextLink")

    assert seen == ["it's 0", "it's 2", "it's 5"]


def test_a_time_that_was_shown_finds_its_entity(api):
    first, second = api.project(), api.project()

    for operator, found in (("eq", [first]), ("ne", [second]), ("gt", [second]), ("le", [first])):
        wanted = f"createdDateTime {operator} {first['createdDateTime']}"
        assert [project["self"] for project in api.get("/projects", params={"filter": wanted}).json()["values"]] == [
            project["self"] for project in found
        ]


def test_files_and_what_a_project_has_are_filtered(versioned):
    project = versioned.project()
    dataset = versioned.dataset(project=project["self"])

    def shown(path: str, wanted: str) -> list[str]:
        return [
            value.get("name", value.get("kind"))
            for value in versioned.get(path, params={"filter": wanted}).json()["values"]
        ]

    assert shown(dataset["links"]["files"], "name eq 'report.json' and kind eq 'DatasetReport'") == ["report.json"]
    assert shown(dataset["links"]["files"], "kind eq 'Audio'") == ["0.wav", "2.wav"]
    assert shown(project["links"]["datasets"], "kind eq 'Acoustic' and status eq 'Succeeded'") == ["Acoustic"]
    assert shown(project["links"]["datasets"], "kind eq 'Language'") == []
    assert (
        len(shown("/models/base", "status eq 'Succeeded' and locale eq 'en-US'"))
        == len(shown("/models/base", "locale ne ''")) - 1
    )


def test_no_list_ignores_its_filter(sqlite_api):
    dataset = sqlite_api.dataset(project=sqlite_api.project()["self"])
    lists = [operation for operation in OPERATIONS if re.search(r"_List(?!Supported)(?!.*Log)", operation.id)]

    for operation in lists:
        path = operation.path.replace("{id:uuid}", dataset["self"].rpartition("/")[2])
        response = sqlite_api.get(path, params={"filter": "colour eq 'red'"})
        assert response.status_code == 400, operation.id
        assert response.json()["innerError"]["code"] == "UnsupportedFilter"
        if not operation.is_ours:
            assert "character 1: 'colour' is no property of this list; there are" in response.json()["message"]
    assert len(lists) >= 16


def test_lists_of_a_project_have_what_is_in_it(versioned):
    project, other = versioned.project(), versioned.project()
    inside = versioned.make("endpoints", project=reference(project))
    versioned.make("endpoints", project=reference(other))
    versioned.make("endpoints")

    found = versioned.get(project["links"]["endpoints"]).json()["values"]
    assert [endpoint["self"] for endpoint in found] == [inside["self"]]
    for noun in ("datasets", "models", "evaluations", "transcriptions"):
        assert versioned.get(project["links"][noun]).json() == {"values": []}
    assert versioned.get(project["self"]).json()["properties"] == {
        "datasetCount": 0,
        "evaluationCount": 0,
        "modelCount": 0,
        "transcriptionCount": 0,
        "endpointCount": 1,
    }


# creation and state


def test_a_new_entity_has_its_times_and_waits(versioned):
    made = versioned.make("endpoints", description="d", customProperties={"a": "b"})

    assert made["status"] == "NotStarted"
    assert made["createdDateTime"] == made["lastActionDateTime"]
    assert MOMENT.fullmatch(made["createdDateTime"])
    assert (made["description"], made["customProperties"]) == ("d", {"a": "b"})
    assert made["properties"]["progress"] == {"stage": "Waiting", "percent": 0, "queuePosition": 1}


def test_who_waits_is_told_when_to_ask_again(sqlite_api):
    made = sqlite_api.make("endpoints")

    waiting, listed = sqlite_api.get(made["self"]), sqlite_api.get("/endpoints")
    sqlite_api.bench.clock.time += timedelta(seconds=30)
    later = sqlite_api.get(made["self"])
    sqlite_api.bench.clock.time += timedelta(hours=1)
    much_later = sqlite_api.get(made["self"])
    sqlite_api.bench.work_off()
    done = sqlite_api.get(made["self"])

    assert waiting.headers["retry-after"] == listed.headers["retry-after"] == "1"
    assert 1 < int(later.headers["retry-after"]) < int(much_later.headers["retry-after"]) == 5
    assert "retry-after" not in sqlite_api.get("/endpoints").headers
    assert (done.json()["status"], "retry-after" in done.headers) == ("Succeeded", False)
    assert "progress" not in done.json()["properties"]


def test_the_queue_is_counted_from_the_front(sqlite_api):
    first, second = sqlite_api.make("models", text="gasket"), sqlite_api.make("models", text="torx")
    assert sqlite_api.get(second["self"]).json()["properties"]["progress"]["queuePosition"] == 2

    sqlite_api.bench.claim()

    assert sqlite_api.get(first["self"]).json()["status"] == "Running"
    assert sqlite_api.get(first["self"]).json()["properties"]["progress"] == {"stage": "Starting", "percent": 0}
    assert sqlite_api.get(second["self"]).json()["properties"]["progress"]["queuePosition"] == 1


def test_a_failure_is_told_in_the_properties(versioned):
    made = versioned.done(versioned.make("models", text="123"))

    assert made["status"] == "Failed"
    assert set(made["properties"]["error"]) == {"code", "message"}


def test_nothing_is_stored_of_what_is_empty(sqlite_api):
    made = sqlite_api.project(description="", customProperties={})

    assert not {"description", "customProperties"} & set(made)


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_a_name_is_needed_to_make_something(versioned, name):
    response = versioned.post("/projects", NEW | {"displayName": name})

    assert response.status_code == 400
    assert response.json()["target"] == "displayName"


# merge patch


@pytest.fixture
def thing(api):
    return api.make("datasets", kind="Language", description="old", customProperties={"a": "1", "b": "2"})


def test_what_is_absent_stays(api, thing):
    assert api.patch(thing["self"], {}).json() == api.get(thing["self"]).json() == thing


def test_null_clears(api, thing):
    changed = api.patch(thing["self"], {"description": None, "customProperties": {"a": None, "c": "3"}}).json()

    assert "description" not in changed
    assert changed["customProperties"] == {"b": "2", "c": "3"}
    assert "customProperties" not in api.patch(thing["self"], {"customProperties": None}).json()


def test_an_empty_name_changes_nothing_and_an_empty_description_clears(api, thing):
    changed = api.patch(thing["self"], {"displayName": "", "description": ""}).json()

    assert changed["displayName"] == "thing"
    assert "description" not in changed
    assert api.patch(thing["self"], {"displayName": "other"}).json()["displayName"] == "other"


def test_a_blank_name_is_refused(api, thing):
    assert api.patch(thing["self"], {"displayName": "  "}).status_code == 400


def test_locale_and_kind_never_change(api, thing):
    changed = api.patch(thing["self"], {"locale": "de-DE", "kind": "Acoustic", "status": "Failed"}).json()

    assert (changed["locale"], changed["kind"], changed["status"]) == ("en-US", "Language", "NotStarted")


def test_an_entity_is_connected_to_a_project_and_disconnected(api, thing):
    project = api.project()

    inside = api.patch(thing["self"], {"project": reference(project)}).json()
    kept = api.patch(thing["self"], {"displayName": "x"}).json()
    outside = api.patch(thing["self"], {"project": None}).json()

    assert inside["project"] == kept["project"] == reference(project)
    assert "project" not in outside


def test_a_project_of_another_locale_is_refused(api, thing):
    german = api.project(locale="de-DE")

    for response in (
        api.patch(thing["self"], {"project": reference(german)}),
        api.post("/datasets", NEW | {"kind": "Language", "project": reference(german)}),
    ):
        assert response.status_code == 400
        assert response.json()["innerError"]["code"] == "InvalidLocale"


def test_custom_properties_have_limits(api):
    ten = {str(number): "x" for number in range(10)}
    made = api.project(customProperties=ten | {"0": "x" * 256})

    for properties in ({"k" * 65: "x"}, {"": "x"}, {"k": "x" * 257}, {str(number): "x" for number in range(11)}):
        assert api.post("/projects", NEW | {"customProperties": properties}).status_code == 400
    assert api.project(customProperties={"k" * 64: ""})["customProperties"] == {"k" * 64: ""}
    assert api.patch(made["self"], {"customProperties": {"one more": "x"}}).status_code == 400
    assert api.patch(made["self"], {"customProperties": {"one more": "x", "0": None}}).status_code == 200


def test_an_endpoint_is_given_another_model(versioned):
    made = versioned.done(versioned.make("endpoints"))
    model = versioned.done(versioned.make("models", text="gasket"))

    changed = versioned.patch(made["self"], {"model": reference(model)})
    refused = versioned.patch(made["self"], {"model": reference(versioned.base())})

    assert (changed.json()["status"], changed.json()["model"]) == ("NotStarted", reference(model))
    assert changed.json()["lastActionDateTime"] > made["lastActionDateTime"]
    assert changed.headers["retry-after"] == "1"
    assert (refused.status_code, refused.json()["innerError"]["code"]) == (409, "EndpointNotUpdatable")


# deletion


@pytest.mark.parametrize("noun", ["projects", "datasets", "models", "evaluations", "endpoints", "transcriptions"])
def test_deleting_twice_or_nothing_is_no_error(sqlite_api, noun):
    members = {"datasets": {"kind": "Language"}, "models": {"text": "gasket"}}
    paths = [f"/{noun}/{uuid4()}"]
    if noun in ("projects", "datasets", "models", "endpoints"):
        paths += [sqlite_api.make(noun, **members.get(noun, {}))["self"]] * 2

    for path in paths:
        response = sqlite_api.delete(path)
        assert (response.status_code, response.content) == (204, b"")
    assert sqlite_api.get(paths[-1]).status_code == 404
    assert sqlite_api.bench.claim() is None


def test_what_is_in_use_stays_and_its_users_are_named(api):
    model = api.done(api.make("models", text="gasket"))
    for name in ("phone", "desk"):
        api.make("endpoints", displayName=name, model=reference(model))

    response = api.delete(model["self"])

    assert (response.status_code, response.json()["code"]) == (409, "Conflict")
    assert response.json()["innerError"]["code"] == "InUseViolation"
    assert "the endpoint 'desk', the endpoint 'phone'" in response.json()["message"]


def test_deleting_a_project_leaves_what_was_in_it(api):
    project = api.project()
    inside = [
        api.make(noun, project=reference(project), **members)
        for noun, members in (("datasets", {"kind": "Language"}), ("endpoints", {}), ("models", {"text": "gasket"}))
    ]

    assert api.delete(project["self"]).status_code == 204

    for entity in inside:
        assert "project" not in api.get(entity["self"]).json()
    assert api.get(project["self"]).status_code == 404
    api.bench.work_off()
    assert api.get(inside[1]["self"]).json()["status"] == "Succeeded"
