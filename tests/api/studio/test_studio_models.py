"""Custom models in the browser: trained by a wizard, looked at, renamed, deleted; and nobody else's."""

import io
import tarfile
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import orjson
import pytest
from browser import Browser, Page

from bench import acoustic
from speechsmith.domain.evaluations import Evaluation
from speechsmith.domain.jobs import JobProgress
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.domain.status import Status
from speechsmith.services import entities, resources
from speechsmith.store.scope import EVERY_RESOURCE


@pytest.fixture
def project(browser, projects):
    """The address of a project, and how REST names it."""
    address = browser.project(projects)
    return address, {"self": f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"}


def id_of(entity):
    return entity["self"].rpartition("/")[2]


def words(browser, project, name="Words", **members):
    return browser.api.dataset(
        b"send a gasket\n", kind="Language", displayName=name, project=project[1]["self"], **members
    )


def recordings(browser, project, name="Calls"):
    return browser.api.dataset(acoustic({0: "please send a gasket"}), displayName=name, project=project[1]["self"])


def kept(browser: Browser, kind=CustomModel):
    page = entities.page(browser.api.bench.ctx, browser.api.bench.me, kind, top=100, newest_first=True)
    return list(page.values)


def step(browser: Browser, page: Page, **chosen: str) -> Page:
    """Fill in a step of a wizard and go on, as a browser does: what is hidden or chosen already goes along."""
    (form,) = [a for a in page.all("form") if "sign-out" not in a["action"]]
    fields = {
        a["name"]: a.get("value", "") for a in page.all("input") if a["name"] != "token" and goes_along(a)
    } | chosen
    answer = browser.call("POST", form["action"], data=fields | {"token": page.token})
    return (
        browser.open(answer.goes_to)
        if f"{form['action']}?step=" in answer.response.headers.get("location", "")
        else answer
    )


def goes_along(field: dict[str, str]) -> bool:
    return "disabled" not in field and (field.get("type") not in ("radio", "checkbox") or "checked" in field)


def test_the_wizard_trains_a_model_step_by_step(browser, project):
    address, _ = project
    data = words(browser, project)

    first = browser.open(f"{address}/models/new")
    second = step(browser, first)
    third = step(browser, second, datasets=id_of(data))
    review = step(browser, third, displayName="Mine", description="Of the north.", weight="40")
    closed = step(browser, review)

    assert "20250101 (" in first.words
    assert first.words.index("20250101 (") < first.words.index("20240101 (")
    assert "Expiration for adaptation: Never" in first.words
    assert "Words" in second.words
    assert "40 %" in review.words
    (made,) = kept(browser)
    assert closed.goes_to == f"{address}/models?made={made.id}"
    assert (made.display_name, made.description, made.weight_percent) == ("Mine", "Of the north.", 40)
    assert [str(id) for id in made.dataset_ids] == [id_of(data)]
    assert str(made.project_id) == address.rpartition("/")[2]
    listed = browser.open(closed.goes_to)
    assert "The model Mine will be trained. Go to model" in listed.words
    assert f"{address}/models/{made.id}" in listed.links
    browser.api.bench.work_off()
    assert kept(browser)[0].status is Status.SUCCEEDED
    assert kept(browser, Evaluation) == []


def test_a_test_that_is_added_follows_the_training(browser, project):
    address, _ = project
    data, test = words(browser, project), recordings(browser, project)

    named = step(browser, step(browser, browser.open(f"{address}/models/new")), datasets=id_of(data))
    asked = step(browser, named, displayName="Mine", description="", addTest="yes")
    review = step(browser, asked, testDataset=id_of(test), testName="How good")
    assert "How good, with Calls" in review.words
    step(browser, review)

    (model,) = kept(browser)
    assert kept(browser, Evaluation) == []
    assert "The test How good follows when the model is trained." in browser.open(f"{address}/models/{model.id}").words
    browser.api.bench.work_off()
    (made,) = kept(browser, Evaluation)
    assert (made.display_name, made.model1_id, made.model2_id) == ("How good", model.base_model_id, model.id)
    assert (made.status, made.project_id) == (Status.SUCCEEDED, model.project_id)
    page = browser.open(f"{address}/models/{model.id}")
    assert f"{address}/tests/{made.id}" in page.links
    assert f"This model: {100 * made.scores[1]['wordErrorRate']:.1f} %" in page.words


def test_what_a_base_cannot_learn_from_is_told_before_the_click(browser, project):
    address, _ = project
    bad = browser.api.dataset(b"not a zip", displayName="Bad", project=project[1]["self"])
    good = words(browser, project)

    page = step(browser, browser.open(f"{address}/models/new"))

    boxes = {a["value"]: a for a in page.all("input") if a.get("type") == "checkbox"}
    assert ("disabled" in boxes[id_of(bad)], "disabled" in boxes[id_of(good)]) == (True, False)
    assert "The dataset 'Bad' is Failed; only a Succeeded dataset can be used." in page.words


def test_what_cannot_be_tested_with_is_told_before_the_click(browser, project):
    address, _ = project
    data, test = words(browser, project), recordings(browser, project)
    given = {"datasets": id_of(data), "displayName": "Mine", "addTest": "yes", "base": str(newest(browser).id)}

    page = browser.open(f"{address}/models/new?{urlencode(given | {'step': '4'})}")

    radios = {a["value"]: a for a in page.all("input") if a.get("type") == "radio"}
    assert ("disabled" in radios[id_of(data)], "disabled" in radios[id_of(test)]) == (True, False)
    assert "is Plain text; a test takes Audio + human-labeled transcript or Audio." in page.words


def test_base_models_are_described_wherever_one_is_chosen(browser, project):
    address, _ = project
    base = newest(browser)
    data = id_of(recordings(browser, project))

    choices = [
        browser.open(f"{address}/models/new"),
        browser.open(f"{address}/tests/new?step=3&purpose=evaluate&dataset={data}"),
        browser.open(f"{address}/endpoints/new"),
    ]

    assert base.description
    assert all(base.description in page.words for page in choices)


def newest(browser: Browser) -> BaseModel:
    with browser.api.bench.ctx.store.read(EVERY_RESOURCE) as tx:
        return max(
            (one for one in tx.table(BaseModel).page().values if one.locale == "en-US"), key=lambda one: one.released
        )


@pytest.mark.parametrize(
    ("changed", "told", "at"),
    [
        ({"base": ""}, "Select one of the baseline models.", "Select a baseline model"),
        ({"base": "x"}, "Select one of the baseline models.", "Select a baseline model"),
        ({"datasets": ""}, "Tick at least one dataset to train with.", "Choose data"),
        ({"displayName": " "}, "Name must not be empty; give a name.", "Name and description"),
        ({"weight": "101"}, "Weight of the text is a whole number from 1 to 100.", "Name and description"),
        ({"weight": "much"}, "Weight of the text is a whole number from 1 to 100.", "Name and description"),
        ({"weight": "1e3"}, "Weight of the text is a whole number from 1 to 100.", "Name and description"),
        ({"testDataset": ""}, "Choose the dataset that the model is tested with.", "Add test"),
        ({"testName": ""}, "Name must not be empty; give a name. The test was not made, nor the model.", "Add test"),
    ],
)
def test_what_is_refused_is_told_at_the_step_that_asks_for_it(browser, project, changed, told, at):
    address, _ = project
    data, test = words(browser, project), recordings(browser, project)
    good = {"base": str(newest(browser).id), "datasets": id_of(data), "displayName": "Mine", "description": "d"}
    given = good | {"weight": "", "addTest": "yes", "testDataset": id_of(test), "testName": "T"} | changed

    sent = browser.call("POST", f"{address}/models/new", data=given | {"token": browser.open(address).token})
    gone_to = browser.open(f"{address}/models/new?{urlencode(given | {'step': '5'})}")

    for page in (sent, gone_to):
        assert page.status == 400
        assert told in page.words
        assert page.title.startswith(f"Error: {at}")
        assert f'aria-current="step">{at}<' in page.html
    assert kept(browser) == []


def test_a_dataset_that_went_away_meanwhile_is_told_of(browser, project):
    address, _ = project
    data = words(browser, project)
    given = {"base": str(newest(browser).id), "datasets": id_of(data), "displayName": "Mine"}
    browser.api.delete(data["self"])

    sent = browser.call("POST", f"{address}/models/new", data=given | {"token": browser.open(address).token})

    assert sent.status == 404
    assert "There is no dataset with the id" in sent.words
    assert kept(browser) == []


def test_a_base_that_expired_cannot_be_chosen(browser, project):
    address, _ = project
    bench = browser.api.bench
    base = replace(newest(browser), adaptation_until=bench.ctx.now())
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(BaseModel).put(base)

    page = browser.open(f"{address}/models/new")

    radios = {a["value"]: a for a in page.all("input") if a.get("type") == "radio"}
    assert "disabled" in radios[str(base.id)]
    assert "cannot be trained from since" in page.words


def test_who_has_no_data_is_sent_for_it(browser, project):
    address, _ = project

    page = step(browser, browser.open(f"{address}/models/new"))

    assert "This project has no data yet." in page.words
    assert f"{address}/datasets" in page.links


def test_an_empty_list_leads_to_the_wizard(browser, project):
    page = browser.open(f"{project[0]}/models")

    assert "No model yet" in page.words
    assert page.links.count(f"{project[0]}/models/new") == 1


# the page of a model


@pytest.fixture
def model(browser, project):
    """The address of a trained model in the project, and how REST shows it."""
    data = words(browser, project)
    made = browser.api.make("models", displayName="Mine", project=project[1], datasets=[{"self": data["self"]}])
    return f"{project[0]}/models/{id_of(made)}", browser.api.done(made)


def test_a_page_tells_how_far_the_training_is_and_asks_again_until_it_is_done(browser, project):
    made = browser.api.make("models", displayName="Mine", project=project[1], text="torx")
    address = f"{project[0]}/models/{id_of(made)}"
    waiting = browser.open(address)
    bench = browser.api.bench
    job = bench.claim()
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(job.id).beat(job, bench.ctx.now(), JobProgress("Adapting", 0.25)))
    bench.clock.time = job.started_at + timedelta(seconds=100)

    running = browser.open(address)
    bench.finish(job)
    done = browser.open(address)

    assert "Next in turn" in waiting.words
    assert "Adapting, 25 %, about 5 min" in running.words
    assert "Cancel the training" in running.words
    assert [a["hx-get"] for a in running.all("div") if "hx-get" in a] == [address]
    assert not [a for a in done.all("div") if "hx-get" in a]
    assert "Succeeded" in done.words
    assert "Sentences that were sent with it" in done.words


def test_a_training_that_is_cancelled_is_gone(browser, project):
    made = browser.api.make("models", displayName="Mine", project=project[1], text="torx")
    address = f"{project[0]}/models/{id_of(made)}"
    browser.api.bench.claim()

    asked = browser.open(f"{address}/delete")
    closed = browser.send(f"{address}/delete")

    assert "Cancel the training of Mine?" in asked.words
    assert "The training was cancelled." in browser.open(closed.goes_to).words
    assert browser.open(address).status == 404
    assert kept(browser) == []


def test_a_page_names_what_a_model_was_made_of_and_who_uses_it(browser, project, model):
    address, made = model
    endpoint = browser.api.make("endpoints", displayName="Ear", project=project[1], model={"self": made["self"]})
    browser.api.bench.work_off()

    page = browser.open(address)

    assert f"{project[0]}/datasets/{id_of(made['datasets'][0])}" in page.links
    assert f"{project[0]}/endpoints/{id_of(endpoint)}" in page.links
    assert "Base model 20250101" in page.words
    assert "Never" in page.words
    refused = browser.send(f"{address}/delete")
    assert refused.status == 409
    assert "'Mine' is in use by the endpoint 'Ear'" in refused.words
    browser.api.delete(made["datasets"][0]["self"])
    assert "A dataset that is deleted" in browser.open(address).words


def test_a_page_names_the_models_before_and_after(browser, project, model):
    address, made = model
    older = next(one for one in browser.api.get("/models/base").json()["values"] if one["displayName"] == "20240101")
    later = browser.api.done(browser.api.post(f"{made['self']}:rebase", {"baseModel": {"self": older["self"]}}).json())

    assert "Mine (20240101) trained again on another base, succeeded" in browser.open(address).words
    page = browser.open(f"{project[0]}/models/{id_of(later)}")
    assert "Base model 20240101 Mine, trained on another base; the same data made Mine (20240101)" in page.words
    assert address in page.links


def test_a_model_leads_to_its_deployment_and_to_a_test_of_it(browser, model):
    address, _ = model
    id = address.rpartition("/")[2]
    links = [link for link in browser.open(address).links if link.endswith(f"/new?model={id}")]

    assert [link.split("/")[-2] for link in links] == ["endpoints", "tests"]
    chosen = [field for field in browser.open(links[0]).all("input") if "checked" in field]
    assert [field["value"] for field in chosen] == [id]
    assert id in [field.get("value") for field in browser.open(links[1]).all("input")]  # carried to where it is asked


def test_a_model_is_renamed(browser, model):
    address, _ = model

    sent = browser.send(f"{address}/rename", displayName="Yours", description="d")

    assert "The name and the description are changed." in browser.open(sent.goes_to).words
    assert (kept(browser)[0].display_name, kept(browser)[0].description) == ("Yours", "d")
    refused = browser.send(f"{address}/rename", displayName=" ")
    assert (refused.status, "Name must not be empty" in refused.words) == (400, True)


def test_the_report_and_the_model_are_saved_as_files(browser, model):
    address, made = model

    report = browser.call("GET", f"{address}/report").response
    bundle = browser.call("GET", f"{address}/bundle").response

    assert orjson.loads(report.content)["words"] == 3
    assert "attachment" in report.headers["content-disposition"]
    with tarfile.open(fileobj=io.BytesIO(bundle.content)) as tar:
        assert "manifest.json" in tar.getnames()
    assert id_of(made) in bundle.headers["content-disposition"]
    assert list(browser.api.bench.ctx.incoming.iterdir()) == []


def test_what_is_not_trained_has_no_files(browser, project):
    made = browser.api.make("models", displayName="Mine", project=project[1], text="torx")
    address = f"{project[0]}/models/{id_of(made)}"

    assert browser.call("GET", f"{address}/report").status == 404
    assert browser.call("GET", f"{address}/bundle").status == 400
    assert "has no files" in browser.open(f"{address}/bundle").words
    assert "only a Succeeded model is copied" in browser.open(f"{address}/copy").words
    assert list(browser.api.bench.ctx.incoming.iterdir()) == []


def pages_of(address: str) -> list[str]:
    return [address, *(f"{address}/{part}" for part in ("rename", "delete", "copy", "report", "bundle"))]


def test_a_model_of_another_resource_or_project_is_not_there(browser, projects, project, model):
    address, _ = model
    elsewhere = browser.project(projects, displayName="Other")
    other = Browser(browser.api)
    mine = other.sign_in(resources.create(browser.api.bench.ctx, name="other", region="there").key1)
    their_project = other.project(mine)

    for page in pages_of(address):
        assert browser.call("GET", page.replace(project[0], elsewhere)).status == 404
        assert other.call("GET", page).status == 404
        assert other.call("GET", page.replace(project[0], their_project)).status == 404
    token = other.open(mine).token
    for part in ("rename", "copy"):
        fields = {"token": token, "displayName": "Taken"}
        assert other.call("POST", f"{address.replace(project[0], their_project)}/{part}", data=fields).status == 404
    other.call("POST", f"{address.replace(project[0], their_project)}/delete", data={"token": token})
    assert [one.display_name for one in kept(browser)] == ["Mine"]


def test_the_data_and_bases_of_others_train_nothing(browser, project):
    theirs = browser.api.as_tenant("other").dataset(b"send a gasket\n", kind="Language")
    given = {"base": str(newest(browser).id), "datasets": id_of(theirs), "displayName": "Mine"}

    sent = browser.call("POST", f"{project[0]}/models/new", data=given | {"token": browser.open(project[0]).token})

    assert sent.status == 404
    assert kept(browser) == []


def outline(page: Page) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in page.tags]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7919 * 7907 }}", "' x='"]
)
def test_what_users_write_is_text_and_nothing_else(browser, project, text):
    def made(text: str) -> list[Page]:
        address, reference = project
        data = words(browser, project, text, description=text)
        members = {"displayName": text, "description": text, "project": reference}
        model = browser.api.make("models", datasets=[{"self": data["self"]}], **members)
        given = dict.fromkeys(("displayName", "description", "weight", "addTest", "testName", "testDataset"), text)
        given |= {"base": str(newest(browser).id), "datasets": id_of(data)}
        steps = [browser.open(f"{address}/models/new?{urlencode(given | {'step': number})}") for number in "12345"]
        page = f"{address}/models/{id_of(model)}"
        told = [*steps, browser.open(page), browser.open(f"{page}/rename"), browser.open(f"{page}/delete")]
        browser.api.delete(model["self"])
        browser.api.delete(data["self"])
        return told

    for plain, hostile in zip(made("plain"), made(text), strict=True):
        assert outline(hostile) == outline(plain)
