"""The report of a training, as a page shows it; whatever is written in it."""

from uuid import UUID

import orjson
import pytest
from browser import Browser

from speechsmith.api.studio.reports import Point, Range, chart, read
from speechsmith.api.studio.words import span
from speechsmith.services import lineage

RATE = {"value": 0.3, "low": 0.2, "high": 0.45}
REPORT = {
    "weight": {"value": 0.3, "how": "the smallest within one standard error", "asked": None},
    "text": {"sentences": 12, "wordsRead": 90, "wordsUsed": 80, "vocabulary": 40},
    "heldOut": {
        "sentences": 2,
        "tokens": 9,
        "perplexityBefore": 210.4,
        "perplexityAfter": 80.1,
        "oovRateBefore": 0.1,
        "oovRateAfter": 0.0,
    },
    "outOfVocabulary": [{"word": "gasket", "source": "g2p", "pronunciations": ["G AE S K IH T"]}],
    "notPronounced": {"count": 1, "words": ["xqz"]},
    "rejected": {
        "count": 1,
        "lines": [{"file": "Words: a.txt", "line": 3, "code": "NoWords", "text": "...", "hint": "Write words."}],
    },
    "speech": {
        "utterances": 7,
        "seconds": 90.0,
        "secondsUsed": 80.0,
        "band": "full",
        "notUsed": {
            "count": 1,
            "utterances": [{"name": "a.wav", "code": "NoSpeech", "reason": "no speech was found in it"}],
        },
    },
    "guard": {
        "verdict": {
            "outcome": "better",
            "words": "Better than the base model: from 76.7 to 32.3.",
            "wordErrorRateBefore": RATE,
            "wordErrorRateAfter": RATE,
            "difference": {"value": -0.4, "low": -0.5, "high": -0.3},
            "wordCount": 331,
        },
        "tried": [{"weight": None, "acoustic": None, "wordErrorRate": 0.767}],
    },
    "generalText": {
        "words": "Everyday text is 2 % harder to foretell.",
        "change": {"value": 0.02, "low": 0.01, "high": 0.03},
    },
    "generalSpeech": {"utterances": 20, "wordErrorRateBefore": RATE, "wordErrorRateAfter": RATE},
    "learningCurve": [
        {"seconds": 0.0, "wordErrorRate": RATE},
        {"seconds": 540.0, "wordErrorRate": {"value": 0.14, "low": 0.1, "high": 0.2}},
    ],
    "display": {
        "casing": 3,
        "rules": {"itn": 1},
        "tests": {"passed": 1, "failed": 1, "failures": [{"text": "one", "expected": "1", "actual": "one"}]},
    },
    "seconds": {"Reading": 1.5, "Adapting": 70.0},
}


def put(browser: Browser, model: dict, report: object) -> None:
    """Write another report for a model."""
    ctx = browser.api.bench.ctx
    file = lineage.report(ctx, browser.api.bench.me, UUID(model["self"].rpartition("/")[2]))
    ctx.blobs.path(file.blob).write_bytes(orjson.dumps(report))


@pytest.fixture
def model(browser, projects):
    """The address of a trained model, and how REST shows it."""
    project = browser.project(projects)
    reference = {"self": f"http://speech.test/speechtotext/v3.2/projects/{project.rpartition('/')[2]}"}
    made = browser.api.done(browser.api.make("models", text="torx", project=reference))
    return f"{project}/models/{made['self'].rpartition('/')[2]}", made


def test_a_report_is_told_in_words_tables_and_a_drawing(browser, model):
    address, made = model
    put(browser, made, REPORT)

    page = browser.open(address)

    for told in (
        "Better than the base model: from 76.7 to 32.3.",
        "30.0 % (20.0 % to 45.0 %)",
        "the smallest within one standard error",
        "12 sentences, 90 words, 40 different",
        "210.4 before, 80.1 after",
        "10.0 % before, 0.0 % after",
        "gasket",
        "Guessed from its spelling",
        "1 word was left out",
        "Words: a.txt, line 3",
        "no speech was found in it",
        "Everyday text is 2 % harder to foretell.",
        "1 passed, 1 failed",
        "Reading 2 s, Adapting 1 min 10 s",
    ):
        assert told in page.words
    (drawing,) = page.all("svg")
    assert (drawing["role"], "as in the table before it" in drawing["aria-label"]) == ("img", True)
    assert "Text alone" in page.words
    assert len(page.all("circle")) == 2


@pytest.mark.parametrize("odd", [None, 1, "x", [], [[]], {}, {"value": "x"}, [{"word": 1}], {"verdict": {}}, 1e308, -1])
def test_a_report_of_another_shape_breaks_no_page(browser, model, odd):
    address, made = model
    for report in (dict.fromkeys(REPORT, odd), odd):
        put(browser, made, report)
        assert browser.open(address).status == 200


def test_what_a_report_says_is_text_and_nothing_else(browser, model):
    address, made = model

    def page(text):
        put(browser, made, filled(REPORT, text))
        return [(tag, sorted(attributes)) for tag, attributes in browser.open(address).tags]

    assert page("<script>alert(1)</script>") == page("plain")


def filled(said, text):
    """The same with another text wherever there is one."""
    if isinstance(said, dict):
        return {name: filled(value, text) for name, value in said.items()}
    if isinstance(said, list):
        return [filled(value, text) for value in said]
    return text if isinstance(said, str) else said


def points(*values):
    return [Point(seconds=s, wordErrorRate=Range(value=rate, low=rate, high=rate)) for s, rate in values]


def test_a_chart_has_all_points_between_its_lines():
    drawn = chart(points((0, 0.43), (108.9, 0.17), (543.8, 0.14)))

    assert [tick.value for tick in drawn.up] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert [tick.value for tick in drawn.across] == [0, 120, 240, 360, 480, 600]
    assert drawn.marks[0].x == drawn.left
    assert all(drawn.left <= mark.x <= drawn.right for mark in drawn.marks)
    assert drawn.marks[0].y < drawn.marks[1].y < drawn.marks[2].y < drawn.bottom


@pytest.mark.parametrize("values", [[], [(0, 0.4)], [(0, 0.4), (0, 0.3)]])
def test_where_there_is_no_line_none_is_drawn(values):
    assert chart(points(*values)) is None


@pytest.mark.parametrize("seconds", [0.001, 1, 1e6, 1e9])
@pytest.mark.parametrize("rate", [0.0, 0.001, 1.0, 1000.0])
def test_whatever_the_numbers_a_chart_has_few_lines(seconds, rate):
    drawn = chart(points((0, rate), (seconds, 0)))

    assert 2 <= len(drawn.up) <= 7
    assert 2 <= len(drawn.across) <= 7


def test_an_empty_report_has_nothing():
    assert read({}).guard is None


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (75, "1 min 15 s"),
        (600, "10 min"),
        (3_725, "1 h 2 min"),
        (180_000, "2 d 2 h"),
    ],
)
def test_a_span_of_time_is_told_with_two_units_at_most(seconds, told):
    assert span(seconds) == told
