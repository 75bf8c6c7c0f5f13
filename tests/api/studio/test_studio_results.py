"""What the page of a test says of words that a base lacks, and of results that are gone."""

import json

import pytest
from lab import Lab


@pytest.fixture
def lab(browser, projects):
    return Lab(browser, browser.project(projects))


def test_the_words_that_the_base_lacks_are_named_with_how_many_each_model_recognizes(lab):
    test = lab.test(lab.data(), lab.base, lab.model())

    page = lab.browser.open(f"{lab.address}/{test}")

    base = lab.base["displayName"]
    assert f"Words that {base} does not have gasket, much, very" in page.words
    assert f"{base} recognized 0 of 3 (0.0 %). Mine recognized 1 of 3 (33.3 %)." in page.words


def test_the_words_are_those_of_the_base_where_only_a_trained_model_is_tested(lab):
    test = lab.test(lab.data(), lab.model())

    page = lab.browser.open(f"{lab.address}/{test}")

    assert f"Words that {lab.base['displayName']} does not have gasket, much, very" in page.words
    assert "Mine recognized 1 of 3 (33.3 %)." in page.words


def test_programs_get_the_recall_too(lab):
    test = lab.test(lab.data(), lab.base, lab.model())

    found = json.loads(lab.browser.call("GET", f"{lab.address}/{test}/results.json").response.content)["terms"]

    assert found["words"] == ["gasket", "much", "very"]
    assert found["models"][0] == {"said": 3, "recognized": 0, "falseAlarms": 0, "recall": 0.0}
    assert (found["models"][1]["recognized"], found["models"][1]["recall"]) == (1, 1 / 3)


def test_of_words_whose_transcript_is_gone_nothing_is_said(lab):
    data = lab.data()
    test = lab.test(data, lab.base, lab.model())
    lab.browser.api.delete(data["self"])

    page = lab.browser.open(f"{lab.address}/{test}")

    assert "does not have" not in page.words
    assert json.loads(lab.browser.call("GET", f"{lab.address}/{test}/results.json").response.content)["terms"] is None


@pytest.mark.parametrize("looked_before", [False, True])
def test_a_test_whose_result_files_are_gone_says_so_and_keeps_its_rates(lab, caplog, looked_before):
    test = lab.test(lab.data(), lab.base, lab.model())
    address = f"{lab.address}/{test}"
    if looked_before:
        lab.browser.open(address)  # what was read once is remembered; the times of words are not
    lab.lose(test)

    page = lab.browser.open(address)

    assert page.status == 200
    assert "Files with the results of the test 'Trial' are gone or damaged" in page.words
    assert "Word error rates" in page.words
    assert "results.csv" not in page.html
    assert "No utterance is on this page" not in page.words
    assert f"results missing evaluation={test}" in caplog.text
    if not looked_before:
        for name in ("results.csv", "results.json"):
            answer = lab.browser.call("GET", f"{address}/{name}")
            assert (answer.status, "gone or damaged" in answer.words) == (409, True)


def test_a_result_file_that_is_damaged_is_no_fault_of_the_page(lab):
    test = lab.test(lab.data(), lab.base)
    bench = lab.browser.api.bench
    for file in bench.files_of(lab.kept()[0]).values():
        bench.ctx.blobs.path(file.blob).write_bytes(b'{"cut": ')

    page = lab.browser.open(f"{lab.address}/{test}")

    assert (page.status, "are gone or damaged" in page.words) == (200, True)
