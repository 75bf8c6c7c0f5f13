"""The requests of the published command line, as it sends them: with empty texts, members nobody asked for, the key on
every download, and the address that copies had in v3.0. Each is answered as the tool needs it."""

from urllib.parse import urlsplit

import pytest
from caller import ROOT, refused

from bench import acoustic
from speechsmith.api.auth import KEY_HEADER

CALLS = acoustic({0: "Please send a gasket.", 2: "Thank you."})
EMPTY = {"displayName": "", "description": ""}


@pytest.fixture
def tool(sqlite_api):
    """What the tool talks to unless it is told otherwise."""
    return sqlite_api.as_version("v3.1")


@pytest.fixture
def project(tool):
    return made(tool, "projects", description="")


@pytest.fixture
def dataset(tool, project):
    return tool.done(uploaded(tool, project, "Acoustic", ("C:\\data\\calls.zip", CALLS, "application/zip")))


@pytest.fixture
def model(tool, project, dataset):
    datasets = [named("datasets", dataset)]
    return tool.done(made(tool, "models", project=named("projects", project), datasets=datasets))


@pytest.fixture
def base(tool):
    return tool.get("/models/base").json()["values"][-1]


def named(path, entity):
    """How the tool names an entity: by the address that it makes of an id, whatever the service calls it."""
    return {"self": f"{ROOT}/speechtotext/v3.1/{path}/{id_of(entity)}"}


def id_of(entity):
    return entity["self"].rpartition("/")[2]


def made(tool, collection, **members):
    """A new entity; the tool always sends a name, a description and a locale."""
    body = {**members, "locale": "en-US", "displayName": "thing", "description": ""}
    response = tool.post(f"/{collection}", body)
    assert response.status_code == 201, response.text
    assert urlsplit(response.json()["self"]).path == f"/speechtotext/v3.1/{collection}/{id_of(response.json())}"
    assert response.json().get("description", "") == ""
    return response.json()


def uploaded(tool, project, kind, data):
    """A dataset by the tool's form: its fields in its order. `data`: name of the file as typed, content, media type."""
    fields = {
        "project": named("projects", project)["self"],
        "kind": kind,
        "locale": "en-US",
        "displayName": "calls",
        "description": "",
    }
    response = tool.call("POST", "/datasets/upload", data=fields, files={"data": data})
    assert response.status_code == 201, response.text
    return response.json()


def test_a_project_is_changed_with_a_reference_to_itself(tool, project):
    body = {"project": named("projects", project), "displayName": "better", "description": "of the north"}

    response = tool.patch(f"/projects/{id_of(project)}", body)

    assert response.status_code == 200, response.text
    assert (response.json()["displayName"], response.json()["description"]) == ("better", "of the north")
    assert tool.get(f"/projects/{id_of(project)}").json() == response.json()


def test_an_empty_name_in_a_change_leaves_the_name(tool, project, model):
    response = tool.patch(f"/models/{id_of(model)}", {"project": named("projects", project), **EMPTY})

    assert response.status_code == 200, response.text
    assert response.json()["displayName"] == "thing"
    assert id_of(response.json()["project"]) == id_of(project)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("Acoustic", ("C:\\data\\calls.zip", CALLS, "application/zip")),
        ("Acoustic", ("../data/calls.zip", CALLS, "application/x-zip-compressed")),
        ("Language", ("words.txt", b"one gasket\n", "text/plain")),
        ("Pronunciation", ("/tmp/sounds.txt", b"3CPO\tthree c p o\n", "text/plain")),
    ],
)
def test_a_file_is_uploaded_by_the_form_of_the_tool(tool, project, kind, data):
    shown = tool.done(uploaded(tool, project, kind, data))

    assert (shown["status"], shown["kind"]) == ("Succeeded", kind)
    assert id_of(shown["project"]) == id_of(project)


def test_a_dataset_without_content_has_an_empty_address_of_its_content(tool, project):
    waiting = made(tool, "datasets", project=named("projects", project), kind="Language", contentUrl="")

    assert waiting["status"] == "NotStarted"
    assert tool.get(f"{waiting['self']}/blocks").status_code == 200


def test_a_model_is_made_of_a_base_model_datasets_and_pasted_text(tool, base, dataset):
    model = made(
        tool,
        "models",
        baseModel={"self": f"{ROOT}/speechtotext/v3.1/models/base/{id_of(base)}"},
        datasets=[named("datasets", dataset)],
    )
    written = made(tool, "models", text="one gasket please")

    assert (tool.done(model)["status"], tool.done(written)["status"]) == ("Succeeded", "Succeeded")


def test_an_evaluation_takes_a_base_model_by_the_address_of_a_custom_one(tool, base, dataset):
    """Bare ids always become `models/{id}`, also those of base models."""
    evaluation = made(
        tool,
        "evaluations",
        model1=named("models", base),
        model2=named("models", base),
        dataset=named("datasets", dataset),
    )

    shown = tool.done(evaluation)
    assert shown["status"] == "Succeeded"
    assert shown["model1"] == {"self": base["self"]}
    assert tool.get(f"/evaluations/{id_of(shown)}/files").json()["values"]


def test_an_endpoint_is_made_and_changed_with_the_properties_that_are_always_sent(tool, project, model):
    endpoint = made(
        tool,
        "endpoints",
        project=named("projects", project),
        model=named("models", model),
        properties={"contentLoggingEnabled": False},
    )
    tool.done(endpoint)

    changed = tool.patch(f"/endpoints/{id_of(endpoint)}", {"properties": {"contentLoggingEnabled": True}, **EMPTY})

    assert changed.status_code == 200, changed.text
    assert (endpoint["properties"]["loggingEnabled"], changed.json()["properties"]["loggingEnabled"]) == (False, True)
    assert changed.json()["displayName"] == "thing"
    assert tool.get(f"/endpoints/{id_of(endpoint)}/files/logs").json() == {"values": []}


def test_a_transcription_is_made_and_changed(tool, project, model, dataset):
    transcription = made(
        tool,
        "transcriptions",
        project=named("projects", project),
        model=named("models", model),
        dataset=named("datasets", dataset),
    )

    assert tool.patch(f"/transcriptions/{id_of(transcription)}", EMPTY).json()["displayName"] == "thing"
    assert tool.done(transcription)["status"] == "Succeeded"


def test_a_list_is_followed_by_absolute_links_to_its_end(tool):
    for _ in range(101):
        made(tool, "projects")

    page = tool.get("/projects").json()
    following = page["@nextLink"]
    assert following.startswith(f"{ROOT}/speechtotext/v3.1/projects?")
    rest = tool.get(following).json()

    assert len(page["values"]) + len(rest["values"]) == 101
    assert not rest.get("@nextLink")


@pytest.mark.parametrize("collection", ["datasets", "models", "evaluations", "endpoints", "transcriptions"])
def test_what_a_project_has_is_listed_below_it(tool, project, collection):
    assert tool.get(f"/projects/{id_of(project)}/{collection}?top=2&skip=0").json() == {"values": []}
    assert tool.get(f"/{collection}/locales").status_code == 200


def test_a_file_is_located_and_then_downloaded_with_the_key(tool, dataset):
    """The tool wants JSON by its media type, and sends the key to the link that needs none."""
    listed = tool.get(f"/datasets/{id_of(dataset)}/files").json()["values"]

    located = tool.get(listed[0]["self"])
    content = tool.get(located.json()["links"]["contentUrl"], headers=tool.headers, checked=False)

    assert "application/json" in located.headers["content-type"]
    assert located.json()["name"]
    assert content.status_code == 200
    assert len(content.content) == located.json()["properties"]["size"]


def test_a_model_is_copied_by_the_address_with_a_slash(tool, model):
    target = tool.as_tenant("target")

    response = tool.post(f"/models/{id_of(model)}/copyto", {"targetSubscriptionKey": target.headers[KEY_HEADER]})

    assert response.status_code == 201, response.text
    assert response.headers["location"] == response.json()["self"]
    assert target.done(response.json())["status"] == "Succeeded"


def test_the_address_with_a_slash_is_of_the_old_version_alone_and_refuses_like_the_other(sqlite_api, tool, model):
    refused(
        tool.post(f"/models/{id_of(model)}/copyto", {"targetSubscriptionKey": "0" * 32}),
        "SubscriptionNotFound",
    )
    assert sqlite_api.post(f"/models/{id_of(model)}/copyto", {"targetSubscriptionKey": "x"}).status_code == 404


def test_everything_is_deleted_by_its_id_and_again(tool, project, dataset, model):
    for entity in (model, dataset, project):
        path = urlsplit(entity["self"]).path
        assert [tool.delete(path).status_code for _ in range(2)] == [204, 204]
        assert tool.get(path).status_code == 404
