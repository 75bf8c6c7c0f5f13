"""Names, descriptions, files, transcripts and addresses of an attacker: every page shows them, and none obeys them."""

from itertools import product
from urllib.parse import urlencode

import pytest

from .addresses import SHOWN, path_of

pytestmark = pytest.mark.slow

HOSTILE = "\"'><img src=x onerror=alert(1)><svg onload=alert(2)><b id=evil>{{ 7919 * 7907 }}"
ASKED = (
    *("step", "use", "kind", "location", "contentUrl", "displayName", "description", "base", "datasets", "weight"),
    *("addTest", "testDataset", "testName", "purpose", "dataset", "model", "region", "target", "project", "key"),
    *(
        "next",
        "page",
        "part",
        "made",
        "done",
        "deleted",
        "connected",
        "after",
        "name",
        "log",
        "order",
        "errors",
        "hide",
    ),
)
"""What addresses can ask for, by any page."""


@pytest.fixture(scope="module")
def hostile(studio, tmp_path_factory):
    """The service about entities that an attacker has named."""
    return studio.with_more(tmp_path_factory.mktemp("hostile"), HOSTILE)


@pytest.fixture(scope="module")
def page(hostile):
    opened = hostile.signed_in()
    opened.on("dialog", lambda dialog: (hostile.faults.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    return opened


def obeyed(page) -> list[str]:
    """What of the attacker's words has become a part of the page."""
    return page.evaluate(
        """() => [...document.querySelectorAll("img, svg, b, #evil, [onerror], [onload], script:not([src])")]
            .map((one) => one.outerHTML.slice(0, 80))"""
    )


def test_no_page_obeys_what_others_have_written(hostile, page):
    seen, found = set(), []

    for shown in SHOWN:
        path = path_of(shown, hostile)
        if path is None or "text/html" not in page.request.get(path).headers.get("content-type", ""):
            continue
        for query in ("", "?" + urlencode(dict.fromkeys(ASKED, HOSTILE))):
            page.goto(path + query)
            found += [f"{shown.name}{query[:1]}: {one}" for one in obeyed(page)]
            words = page.inner_text("body")
            found += [f"{shown.name}: computed"] * (str(7919 * 7907) in words)
            if HOSTILE in words:
                seen.add(shown.name)

    assert found == []
    listed = {"ListProjects", "ListDatasets", "ListModels", "ListTests", "ListEndpoints"}
    alone = {
        "ShowProject",
        "ShowDataset",
        "ListUtterances",
        "ShowDatasetReport",
        "ShowModel",
        "ShowTest",
        "ShowEndpoint",
    }
    forms = {"ShowDeleteProject", "ShowRenameModel", "ShowDeleteEndpoint", "ShowCopyModel", "TryEndpoint", "ListLogs"}
    assert listed | alone | forms <= seen


def test_no_step_of_a_wizard_obeys_its_address(hostile, page):
    given = dict.fromkeys(("displayName", "description", "contentUrl", "testName", "weight"), HOSTILE)
    given |= {"use": "training", "kind": "Language", "location": "local", "purpose": "evaluate"}
    given |= {"dataset": hostile.ids["dataset"], "datasets": hostile.ids["dataset"], "model": hostile.ids["model"]}

    for wizard, step in product(("datasets/new", "models/new", "tests/new"), "2345"):
        query = urlencode(given | {"step": step})
        page.goto(f"{hostile.base}/projects/{hostile.ids['id']}/{wizard}?{query}")

        assert page.is_visible("h1"), (wizard, step)
        assert obeyed(page) == [], (wizard, step)


def test_the_name_of_a_file_is_text_to_the_script_that_sends_it(hostile, page, tmp_path):
    file = tmp_path / HOSTILE
    file.write_text("please send a gasket\n")
    page.goto(f"{hostile.base}/projects/{hostile.ids['id']}/datasets/new")
    page.check("#kind-Language")
    page.click("text=Next")

    page.set_input_files("#file", file)
    page.wait_for_selector("#file-told:has-text('onerror')")
    asked = obeyed(page)
    page.click("text=Next")
    page.fill("#displayName", HOSTILE)
    page.fill("#description", HOSTILE)
    page.click("text=Next")
    page.wait_for_selector("#chosen:has-text('onerror')")
    reviewed = obeyed(page)
    page.click("text=Save and close")
    page.wait_for_selector(".state.succeeded", timeout=120_000)

    assert asked == reviewed == obeyed(page) == []
