"""Many models in the browser: made by one wizard, ticked in the list, compared on one page."""

import csv
import io
import json
import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from browser import Browser, Page
from lab import SPOKEN, Lab, id_of
from test_studio_projects import HOSTILE

from bench import acoustic, speech
from speechsmith.services import resources
from uploads import zipped


@pytest.fixture
def lab(browser, projects):
    return Lab(browser, browser.project(projects))


@pytest.fixture
def three(lab):
    return [lab.base, lab.model(name="Gasket"), lab.model("torx", name="Torx")]


def compared(lab: Lab, *tests: str, more: str = "", page: str = "compare") -> Page:
    query = "&".join(f"test={test}" for test in tests)
    return lab.browser.call("GET", f"{lab.address}/{page}?{query}{more}")


def wizard(lab: Lab, data, models, **more) -> dict[str, object]:
    return {
        "purpose": "evaluate",
        "dataset": id_of(data),
        "model": [id_of(model) for model in models],
        "displayName": "Trial",
        "description": "",
    } | more


def sent(lab: Lab, given: dict[str, object]) -> Page:
    review = lab.browser.call("GET", f"{lab.address}/new", params={"step": "5", **given})
    return lab.browser.call("POST", f"{lab.address}/new", data={"token": review.token, **given})


def test_the_wizard_takes_many_models_and_leads_to_their_comparison(lab, three):
    given = wizard(lab, lab.data(), three)

    review = lab.browser.call("GET", f"{lab.address}/new", params={"step": "5", **given})
    made = sent(lab, given).goes_to
    waiting = lab.browser.open(made)
    lab.browser.api.bench.work_off()
    done = lab.browser.open(made)

    assert "2 tests will be made" in review.words
    tests = lab.kept()
    assert [test.display_name for test in tests] == ["Trial: Gasket", "Trial: Torx"]
    assert {str(test.model1_id) for test in tests} == {id_of(lab.base)}
    assert parse_qs(urlsplit(made).query)["test"] == [str(test.id) for test in tests]
    (polls,) = [a for a in waiting.all("div") if "hx-get" in a]
    assert (polls["id"], polls["hx-select"]) == ("compared", "#compared")
    assert polls["hx-get"] == f"?{urlsplit(made).query}"
    assert "2 under way." in waiting.words
    assert not [a for a in done.all("div") if "hx-get" in a]
    assert "Word error rates" in done.words


def test_each_model_is_in_the_table_once_and_the_best_is_named(lab, three):
    data = lab.data()
    tests = [lab.test(data, three[0], other, f"With {number}") for number, other in enumerate(three[1:])]

    page = compared(lab, *tests)

    rates = page.words.partition("Compared with the first")[2].partition("Each is compared")[0]
    assert [rates.count(f"{name} Word error rate") for name in (three[0]["displayName"], "Gasket", "Torx")] == [1, 1, 1]
    assert re.search(r"Gasket Word error rate25.0 % ?The best of theseSubstitutions", rates)
    assert rates.count("The best of these") == 1
    assert rates.count("Nobody can say, with so few utterances") == 2
    assert {f"{lab.address}/{test}" for test in tests} <= set(page.links)
    assert f"{lab.project}/models/{id_of(three[1])}" in page.links


def test_the_texts_of_all_models_stand_below_each_other_with_their_errors(lab, three):
    data = lab.data()
    tests = [lab.test(data, three[0], other) for other in three[1:]]

    page = compared(lab, *tests)

    assert page.words.count("instead of gasket: uh") == 2
    assert page.words.count("missing: very missing: much") == 3
    assert page.words.index("2.wav") < page.words.index("0.wav")  # six errors are worse than two
    assert len(page.all("audio")) == 2
    assert [a for _, a in page.tags if "data-start" in a]
    turned = compared(lab, *tests, more="&order=test&show=&show=ins")
    assert turned.words.index("0.wav") < turned.words.index("2.wav")
    (words,) = [a for a in turned.all("div") if a.get("id") == "words"]
    assert words["class"].split() == ["no-del", "no-sub"]
    assert "No utterance is on this page" in compared(lab, *tests, more="&page=7").words


def test_a_difference_that_is_no_chance_is_told(lab, three):
    sounds = {f"{n}.wav": speech(0) for n in range(9)}
    lines = "\n".join(f"{n}.wav\tplease send a gasket" for n in range(9))
    data = lab.data(zipped(sounds | {"trans.txt": lines}))
    tests = [lab.test(data, three[0], other) for other in three[1:]]

    page = compared(lab, *tests)

    assert "Better: more than 99 of 100 other tests would show it" in page.words
    assert "The difference can well be chance" in page.words
    assert f"{three[0]['displayName']} recognized 0 of 9 (0.0 %)." in page.words
    assert "Gasket recognized 9 of 9 (100.0 %)." in page.words


def test_what_is_on_the_page_can_be_saved_for_spreadsheets(lab, three):
    data = lab.data()
    tests = [lab.test(data, three[0], other) for other in three[1:]]

    answer = compared(lab, *tests, page="compare.csv").response
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert "attachment" in answer.headers["content-disposition"]
    assert [row["utterance"] for row in rows] == ["2.wav", "0.wav"]
    assert rows[1]["alignment Gasket"] == "please send a gasket"
    assert rows[1]["alignment Torx"] == rows[1][f"alignment {three[0]['displayName']}"] == "please send a gasket>uh"


def test_recordings_without_transcripts_are_compared_by_their_texts(lab, three):
    sounds = lab.data(zipped({"a.wav": speech(0)}), kind="AudioFiles")
    tests = [lab.test(sounds, three[0], other) for other in three[1:]]

    page = compared(lab, *tests)

    assert "Word error rates" not in page.words
    assert page.words.count("differs:") == 1
    assert "differs: gasket" in page.words


def test_the_list_says_on_which_data_a_test_is_and_lets_it_be_ticked(lab, three):
    tests = [lab.test(lab.data(), three[0], three[1], name=name) for name in ("First", "Second")]

    page = lab.browser.open(lab.address)

    boxes = [a for a in page.all("input") if a.get("name") == "test"]
    assert {a["value"] for a in boxes} == set(tests)
    assert {a["form"] for a in boxes} == {"compare"}
    (form,) = [a for a in page.all("form") if a.get("id") == "compare"]
    assert (form["method"], form["action"]) == ("get", f"{lab.address}/compare")
    assert page.words.count("DataExam") == 2


def test_tests_on_different_data_or_none_are_refused_with_the_reason(lab, three):
    first, second = (lab.test(lab.data(), three[0], name=name) for name in ("First", "Second"))

    for page in ("compare", "compare.csv"):
        different, none = compared(lab, first, second, page=page), compared(lab, page=page)
        many = compared(lab, *[first] * 3, second, *[str(uuid4()) for _ in range(9)], page=page)
        assert (different.status, none.status, many.status) == (400, 400, 404)
        assert "The tests 'First' and 'Second' are on different data" in different.words
        assert "Tick 1 to 8 tests to compare; none is ticked." in none.words
    assert compared(lab, "x").status == 400
    assert compared(lab, first, first).status == 200


def test_a_test_of_another_resource_or_project_is_not_there(lab, projects, three):
    test = lab.test(lab.data(), three[0])
    elsewhere = Lab(lab.browser, lab.browser.project(projects))
    other = Browser(lab.browser.api)
    stranger = Lab(
        other, other.project(other.sign_in(resources.create(lab.browser.api.bench.ctx, name="other", region="x").key1))
    )

    for page in ("compare", "compare.csv"):
        assert compared(elsewhere, test, page=page).status == 404
        assert compared(stranger, test, page=page).status == 404
        assert other.call("GET", f"{lab.address}/{page}?test={test}").status == 404


def test_tests_that_fail_or_lost_their_files_are_told(lab, three):
    data = lab.data()
    test = lab.test(data, three[0], three[1])
    for folder in (lab.browser.api.bench.folder / "models").iterdir():
        (folder / "broken").touch()
    failed = lab.test(data, three[0], three[2])

    both, alone = compared(lab, test, failed), compared(lab, failed)
    lab.lose(test)
    lost = compared(lab, test)

    assert "the model is damaged" in both.words
    assert "Word error rates" in both.words
    assert (alone.status, "None of these tests has results." in alone.words) == (200, True)
    assert (lost.status, "gone or damaged" in lost.words) == (409, True)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_write_is_text_and_nothing_else(lab, text):
    def pages(name: str) -> list[Page]:
        data = lab.data(acoustic({0: f"{name} gasket", 2: SPOKEN[2]}), displayName=name)
        models = [lab.base, lab.model(name=name), lab.model("torx", name=f"{name}2")]
        tests = [lab.test(data, models[0], other, name=name) for other in models[1:]]
        return [lab.browser.open(lab.address), compared(lab, *tests)]

    for page in pages(text):
        assert text in page.text
        assert not page.all("b")
        assert not [a for a in page.all("img") if a.get("src") == "x"]
        assert all(re.fullmatch(r"/studio/files/[^:]+", a["src"]) for a in page.all("script"))
    assert json.dumps(str(7919 * 7907)) not in page.html
