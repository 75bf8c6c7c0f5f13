"""Tests of models in the browser: the wizard step by step, what a test shows, what people save of it."""

import csv
import io
import json
from uuid import uuid4

import pytest
from browser import Browser, Page
from test_studio_projects import HOSTILE, outline

from bench import acoustic, speech
from speechsmith.domain.evaluations import Evaluation
from speechsmith.services import entities, resources
from uploads import zipped

# The base model hears "please send a uh", the trained one "please send a gasket"; both hear "thank you".
SPOKEN = {0: "Please send a gasket.", 2: "Thank you very much."}


@pytest.fixture
def project(browser, projects):
    """The address of a project, and how REST names it."""
    address = browser.project(projects)
    return address, {"self": f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"}


def id_of(entity) -> str:
    return entity["self"].rpartition("/")[2]


@pytest.fixture
def chosen(browser, project):
    """What the wizard asks for, answered: a dataset, the base model, and one that knows the gasket."""
    _, reference = project
    data = browser.api.dataset(acoustic(SPOKEN), displayName="Exam", project=reference["self"])
    model = browser.api.done(browser.api.make("models", displayName="Mine", text="send a gasket", project=reference))
    return {
        "purpose": "evaluate",
        "dataset": id_of(data),
        "model": [id_of(browser.api.base()), id_of(model)],
        "displayName": "Base and mine",
        "description": "The first.",
    }


def step(browser, address, number, given) -> Page:
    return browser.call("GET", f"{address}/tests/new", params={"step": str(number), **given})


def sent(browser, address, given) -> Page:
    return browser.call("POST", f"{address}/tests/new", data={"token": step(browser, address, 5, given).token, **given})


def kept(browser) -> list[Evaluation]:
    return list(entities.page(browser.api.bench.ctx, browser.api.bench.me, Evaluation, top=100).values)


def made(browser, address, given) -> str:
    """The address of a test that is done."""
    assert sent(browser, address, given).goes_to.startswith(f"{address}/tests?made=")
    browser.api.bench.work_off()
    return f"{address}/tests/{kept(browser)[-1].id}"


@pytest.fixture
def test(browser, project, chosen):
    """The address of a test of two models."""
    return made(browser, project[0], chosen)


def words_of(page: Page) -> list[tuple[str, dict[str, str]]]:
    return [(tag, attributes) for tag, attributes in page.tags if tag in ("ins", "del", "mark")]


def test_who_has_no_test_is_led_to_the_wizard(browser, project):
    address, _ = project

    page = browser.open(f"{address}/tests")

    assert "No test yet" in page.words
    assert f"{address}/tests/new" in page.links


def test_the_wizard_goes_step_by_step_and_makes_the_test_that_it_reviewed(browser, project, chosen):
    address, _ = project
    titles = ["Choose a test type", "Choose data", "Choose models", "Name and description", "Review"]
    given: dict[str, object] = {}

    for number, (title, names) in enumerate(
        zip(titles, (["purpose"], ["dataset"], ["model"], ["displayName", "description"], []), strict=True), start=1
    ):
        page = step(browser, address, number, given)
        assert page.status == 200
        assert page.title.startswith(title)
        given |= {name: chosen[name] for name in names}

    for shown in ("Evaluate accuracy", "Exam", "Mine", "Base and mine", "The first."):
        assert shown in page.words
    assert page.html.count("Save and close") == 1
    goes_to = sent(browser, address, chosen).goes_to
    (evaluation,) = kept(browser)
    assert goes_to == f"{address}/tests?made={evaluation.id}"
    assert "The test Base and mine will be made. Go to test" in browser.open(goes_to).words
    assert f"Test ID{evaluation.id}" in browser.open(f"{address}/tests/{evaluation.id}").words
    assert (evaluation.display_name, evaluation.description) == ("Base and mine", "The first.")
    assert [str(evaluation.model1_id), str(evaluation.model2_id)] == chosen["model"]
    assert str(evaluation.dataset_id) == chosen["dataset"]
    assert str(evaluation.project_id) == address.rpartition("/")[2]
    assert evaluation.custom_properties == {"PortalAPIVersion": "3", "testingKind": "Evaluation"}


def test_the_default_base_model_is_chosen_beforehand_and_one_model_will_do(browser, project, chosen):
    address, _ = project

    page = step(browser, address, 3, {name: chosen[name] for name in ("purpose", "dataset")})

    assert [box["value"] for box in page.all("input") if "checked" in box] == chosen["model"][:1]
    made(browser, address, chosen | {"model": chosen["model"][0]})
    (evaluation,) = kept(browser)
    assert evaluation.model1_id == evaluation.model2_id


def test_data_that_does_not_fit_the_test_cannot_be_chosen_and_the_page_says_why(browser, project, chosen):
    address, reference = project
    inside = reference["self"]
    sounds = browser.api.dataset(zipped({"a.wav": speech(0)}), kind="AudioFiles", displayName="Calls", project=inside)
    text = browser.api.dataset(b"please send a gasket\n", kind="Language", displayName="Words", project=inside)
    reasons = {
        "evaluate": {id_of(sounds): "'Calls' has no transcripts", id_of(text): "'Words' is Plain text"},
        "inspect": {chosen["dataset"]: "'Exam' has transcripts", id_of(text): "'Words' is Plain text"},
    }

    for purpose, refused in reasons.items():
        page = step(browser, address, 2, {"purpose": purpose})
        assert {box["value"] for box in page.all("input") if "disabled" in box} == set(refused)
        for id, reason in refused.items():
            assert reason in page.words
            answer = step(browser, address, 3, {"purpose": purpose, "dataset": id})
            assert (answer.status, answer.title[:18]) == (400, "Error: Choose data")
            assert reason in answer.words


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"purpose": "sing"}, ("Choose a test type", "Choose what the test is for.")),
        ({"dataset": ""}, ("Choose data", "Choose a dataset to test on.")),
        ({"dataset": str(uuid4())}, ("Choose data", "There is no dataset")),
        ({"model": []}, ("Choose models", "Choose one to 8 models; none is chosen.")),
        ({"model": [str(uuid4()) for _ in range(9)]}, ("Choose models", "Choose one to 8 models; 9 are chosen.")),
        ({"model": [str(uuid4())]}, ("Choose models", "There is no model")),
        ({"displayName": " "}, ("Name and description", "Name must not be empty; give a name.")),
        ({"description": "x" * 10_001}, ("Name and description", "Description has 10001 characters")),
    ],
)
def test_each_answer_is_checked_at_its_step_and_again_when_it_is_sent(browser, project, chosen, change, refusal):
    address, _ = project
    given, (title, told) = chosen | change, refusal

    asked = step(browser, address, 5, given)
    token = step(browser, address, 5, chosen).token
    answer = browser.call("POST", f"{address}/tests/new", data={"token": token, **given})

    for page in (asked, answer):
        assert page.status == 400
        assert page.title.startswith(f"Error: {title}")
        assert told in page.words
    assert kept(browser) == []


def test_who_has_no_data_for_a_type_of_test_is_led_to_the_upload_and_to_the_other_type(browser, project, chosen):
    address, _ = project

    fits = step(browser, address, 2, {"purpose": "evaluate"})
    stuck = step(browser, address, 2, {"purpose": "inspect"})

    assert "None of the data of this project will do for this type of test: it takes Audio." in stuck.words
    assert f"{address}/datasets/new?use=testing&kind=AudioFiles" in stuck.links
    assert "?step=2&purpose=evaluate" in stuck.links
    assert ("Next" in fits.words, "Next" in stuck.words) == (True, False)
    uploading = browser.open(f"{address}/datasets/new?use=testing&kind=AudioFiles")
    assert [a["value"] for a in uploading.all("input") if "checked" in a] == ["AudioFiles"]


def test_a_test_is_not_made_without_the_token_of_its_form(browser, project, chosen):
    address, _ = project

    assert browser.call("POST", f"{address}/tests/new", data=chosen).status == 403
    assert kept(browser) == []


def test_a_test_that_is_under_way_asks_again_and_shows_its_results_when_it_is_done(browser, project, chosen):
    address, _ = project
    sent(browser, address, chosen)
    here = f"{address}/tests/{kept(browser)[0].id}"

    waiting = browser.open(here)
    browser.api.bench.work_off()
    done = browser.open(here)

    (polls,) = [a for a in waiting.all("div") if "hx-get" in a]
    assert (polls["id"], polls["hx-select"]) == ("test", "#test")
    assert "Waiting" in waiting.words
    assert not [link for link in waiting.links if "results" in link]
    assert not [a for a in done.all("div") if "hx-get" in a]
    assert "Word error rates" in done.words


def test_the_rates_of_each_model_are_those_of_the_service(browser, test):
    page = browser.open(test)
    (evaluation,) = kept(browser)

    for score in evaluation.scores:
        assert f"{100 * score['wordErrorRate']:.1f} %" in page.words
        assert f"{100 * score['tokenErrorRate']:.1f} %" in page.words
    assert "With so few utterances nobody can say" in page.words


def test_errors_are_marked_in_words_and_not_by_color_alone(browser, test):
    page = browser.open(test)

    assert "instead of gasket: uh" in page.words  # the base model
    assert "missing: very missing: much" in page.words
    marks = [tag for tag, _ in words_of(page)][3:]  # behind those of the legend
    assert sorted(marks) == ["del"] * 4 + ["mark"]
    assert page.words.index("0.wav") > page.words.index("2.wav")  # four errors are worse than one


def test_marks_can_be_taken_away_and_the_order_changed_without_a_script(browser, test):
    page = browser.open(f"{test}?show=&show=ins&order=gain")

    (words,) = [a for a in page.all("div") if a.get("id") == "words"]
    assert words["class"].split() == ["no-del", "no-sub"]
    assert [box["value"] for box in page.all("input") if "checked" in box] == ["ins"]
    assert page.words.index("0.wav") < page.words.index("2.wav")
    assert browser.open(f"{test}?order=sideways&show=x").status == 200
    assert "No utterance is on this page" in browser.open(f"{test}?page=9").words


def test_each_utterance_can_be_heard_and_its_words_know_when_they_were_said(browser, test):
    page = browser.open(test)

    heard = [player["src"] for player in page.all("audio")]
    assert len(heard) == 2
    for address in heard:
        assert browser.call("GET", address).response.headers["content-type"] == "audio/wav"
    timed = [a for _, a in page.tags if "data-start" in a]
    assert len(timed) == 2 * (4 + 2)
    assert all(float(a["data-start"]) < float(a["data-end"]) <= 2.0 for a in timed)


def test_a_model_that_hears_a_word_wrong_again_and_again_is_told_which(browser, test):
    page = browser.open(test)

    assert "Most confused Said Heard Times gasket Heard" in page.words
    assert "Most often missing" in page.words
    assert "should learn next" not in page.words  # six words tell nothing


def test_the_recommendation_names_words_that_the_model_lacks(browser, project, chosen):
    address, reference = project
    many = zipped(
        {f"{n}.wav": speech(1) for n in range(24)}
        | {"trans.txt": "\n".join(f"{n}.wav\tWhere is the torx driver" for n in range(24))}
    )
    data = browser.api.dataset(many, displayName="Many", project=reference["self"])

    page = browser.open(made(browser, address, chosen | {"dataset": id_of(data), "model": chosen["model"][:1]}))

    assert "Judged by 48 errors in 120 words." in page.words
    assert "with words that it does not know" in page.words
    assert "driver (24), torx (24)" in page.words


def test_an_inspection_shows_both_texts_side_by_side_and_marks_what_differs(browser, project, chosen):
    address, reference = project
    sounds = browser.api.dataset(zipped({"a.wav": speech(0)}), kind="AudioFiles", project=reference["self"])

    page = browser.open(made(browser, address, chosen | {"purpose": "inspect", "dataset": id_of(sounds)}))

    (evaluation,) = kept(browser)
    assert evaluation.custom_properties == {"PortalAPIVersion": "3"}
    assert "Word error rates" not in page.words
    assert "please send a differs: uh" in page.words
    assert "please send a differs: gasket" in page.words
    assert len(page.all("audio")) == 1


def test_results_can_be_saved_for_spreadsheets_and_for_programs(browser, test):
    table = browser.call("GET", f"{test}/results.csv").response
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    found = json.loads(browser.call("GET", f"{test}/results.json").response.content)

    assert "attachment" in table.headers["content-disposition"]
    assert [row["utterance"] for row in rows] == ["2.wav", "0.wav"]
    assert rows[1]["alignment1"] == "please send a gasket>uh"
    assert (rows[0]["alignment1"], rows[0]["deletions2"]) == ("thank you [-very-] [-much-]", "2")
    assert found["models"][0]["confusions"] == [{"said": "gasket", "heard": "uh", "count": 1}]
    assert found["utterances"][1]["heard"][0]["alignment"][-1] == {
        "kind": "substitution",
        "said": "gasket",
        "heard": "uh",
    }


def test_a_spreadsheet_takes_no_cell_for_a_formula(browser, project, chosen):
    address, reference = project
    data = browser.api.dataset(acoustic({0: "=1+1 gasket"}), project=reference["self"])

    here = made(browser, address, chosen | {"dataset": id_of(data)})

    table = browser.call("GET", f"{here}/results.csv").response.content.decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(table)))["transcript"] == "'=1+1 gasket"


def test_the_result_file_of_each_utterance_and_model_can_be_saved(browser, test):
    files = [link for link in browser.open(test).links if "/files/" in link]

    assert len(set(files)) == 4
    for address in files:
        answer = browser.call("GET", address).response
        assert "model" in answer.headers["content-disposition"]
        assert json.loads(answer.content)["recognizedPhrases"]
    assert browser.call("GET", f"{test}/files/{uuid4()}").status == 404


def test_when_the_data_is_deleted_the_results_stay_without_what_was_replaced(browser, project, test):
    browser.open(test)  # what was read once is forgotten
    browser.api.delete(f"/datasets/{kept(browser)[0].dataset_id}")

    page = browser.open(test)

    assert "A dataset that is deleted" in page.words
    assert "Deleted with its dataset" in page.words
    assert not page.all("audio")
    assert "instead of gasket" not in page.words
    assert sorted(tag for tag, _ in words_of(page))[:4] == ["del"] * 4


def test_a_failed_test_says_why(browser, project, chosen):
    address, _ = project
    sent(browser, address, chosen)
    (evaluation,) = kept(browser)
    for folder in (browser.api.bench.folder / "models").iterdir():
        (folder / "broken").touch()
    browser.api.bench.work_off()

    page = browser.open(f"{address}/tests/{evaluation.id}")

    assert "Failed" in page.words
    assert "the model is damaged" in page.words
    assert "results.csv" not in page.html


def test_a_test_is_renamed_and_deleted(browser, test):
    assert browser.send(f"{test}/rename", displayName="", description="").status == 400
    assert browser.send(f"{test}/rename", displayName="Second", description="").goes_to == test
    assert "Second" in browser.open(test).words
    assert "The test was deleted." in browser.open(browser.send(f"{test}/delete").goes_to).words
    assert kept(browser) == []
    assert browser.open(test).status == 404


def test_the_list_leads_to_each_test(browser, project, test):
    page = browser.open(f"{project[0]}/tests")

    assert test in page.links
    assert "Create new test" in page.words


def pages_of(test: str) -> list[str]:
    return [test, *(f"{test}/{part}" for part in ("rename", "delete", "results.csv", "results.json"))]


def test_a_test_of_another_project_or_resource_is_not_there(browser, projects, test):
    elsewhere = browser.project(projects)
    other = Browser(browser.api)
    theirs = other.project(other.sign_in(resources.create(browser.api.bench.ctx, name="other", region="there").key1))

    for page in pages_of(test):
        assert other.open(page).status == 404
        part = page.partition("/tests/")[2]
        assert browser.open(f"{elsewhere}/tests/{part}").status == 404
        assert other.open(f"{theirs}/tests/{part}").status == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_write_is_text_and_nothing_else(browser, projects, text):
    def shown(text: str) -> list[Page]:
        address = browser.project(projects)
        self = f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"
        data = browser.api.dataset(acoustic({0: f"Please send {text} a gasket."}), displayName=text, project=self)
        model = browser.api.done(
            browser.api.make("models", displayName=text, text="send a gasket", project={"self": self})
        )
        given = {
            "purpose": "evaluate",
            "dataset": id_of(data),
            "model": [id_of(browser.api.base()), id_of(model)],
            "displayName": text,
            "description": text,
        }
        steps = [step(browser, address, number, given) for number in range(2, 6)]
        here = made(browser, address, given)
        return [*steps, browser.open(here), browser.open(f"{here}/rename"), browser.open(f"{address}/tests")]

    for plain, hostile in zip(shown("plain"), shown(text), strict=True):
        assert text in hostile.text or text in hostile.fields.values()
        assert outline_of_tags(hostile) == outline_of_tags(plain)


def outline_of_tags(page: Page) -> set[tuple[str, tuple[str, ...]]]:
    """The sorts of tags: how many words a name has is its writer's affair."""
    return {(tag, tuple(attributes)) for tag, attributes in outline(page) if tag not in ("ins", "del", "mark", "span")}
