"""Whatever stands in an address, a name or a fault: every page shows it as text, and none breaks over it."""

import re
from dataclasses import replace
from uuid import UUID

from browser import Browser, Page
from test_studio_projects import HOSTILE

from bench import acoustic
from speechsmith.api.studio.pages import PAGES
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.values import Failure
from speechsmith.services import resources

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


INCOMPLETE = ("DownloadLog", "CompareTests", "SaveComparison")
"""What an address alone does not tell enough for: which log, which tests."""


def addresses(browser: Browser, projects: str, text: str) -> dict[str, str]:
    """Every page that can be opened, by its name, about things that are called so; some are connected to nothing."""
    project = browser.project(projects, displayName=text, description=text)
    reference = f"http://speech.test/speechtotext/v3.2/projects/{project.rpartition('/')[2]}"
    labels = {"displayName": text, "description": text}
    members = labels | {"project": {"self": reference}}
    data = browser.api.dataset(acoustic({0: f"Please send {text} a gasket."}), displayName=text, project=reference)
    model = browser.api.done(browser.api.make("models", text="send a gasket", **members))
    endpoint = browser.api.done(browser.api.make("endpoints", model={"self": model["self"]}, **members))
    base = {"self": browser.api.base()["self"]}
    ask = {"model1": base, "model2": {"self": model["self"]}, "dataset": {"self": data["self"]}}
    test = browser.api.done(browser.api.make("evaluations", **ask, **members))
    browser.api.make("models", text="send a gasket", **labels)
    made = {"dataset": data, "model": model, "test": test, "endpoint": endpoint}
    ids = {name: entity["self"].rpartition("/")[2] for name, entity in made.items()}
    ids |= {"resource": str(browser.api.bench.me), "id": project.rpartition("/")[2], "number": "1"}
    paths = {page.name: page.path for page in PAGES if page.method == "GET"}
    return {
        name: "/studio" + re.sub(r"\{(\w+)(?::\w+)?\}", lambda named: ids[named[1]], path)
        for name, path in paths.items()
        if set(re.findall(r"\{(\w+)", path)) <= ids.keys()
    }


def obeyed(page: Page) -> list[str]:
    """What of such words has become a part of the page; `Browser` looks for what begins with "on" by itself."""
    tags = [
        tag
        for tag, attributes in page.tags
        if tag in ("img", "b", "svg") or (tag == "script" and "src" not in attributes)
    ]
    foreign = [name for _, attributes in page.tags for name in attributes if name in ("autofocus", "x")]
    return [*tags, *foreign, *(["computed"] if str(7919 * 7907) in page.html else [])]


def test_no_page_makes_more_of_a_name_or_of_its_address_than_text(browser, projects):
    text, shown = " ".join(HOSTILE), set()

    for name, address in addresses(browser, projects, text).items():
        page, asked = browser.open(address), browser.open(address, params=dict.fromkeys(ASKED, text))
        assert page.status == (400 if name in INCOMPLETE else 200), name
        assert asked.status in (200, 400, 404), name
        assert obeyed(page) == obeyed(asked) == [], name
        if text in page.text:
            shown.add(name)

    listed = {"ListProjects", "ListDatasets", "ListModels", "ListTests", "ListEndpoints", "ShowConnect"}
    alone = {"ShowProject", "ShowDataset", "ListUtterances", "ShowModel", "ShowTest", "ShowEndpoint", "ShowCopyModel"}
    assert listed | alone <= shown


def test_neither_the_name_of_a_resource_nor_what_failed_is_more_than_text(browser, projects):
    text = " ".join(HOSTILE)
    bench, other = browser.api.bench, Browser(browser.api)
    key = resources.create(bench.ctx, name=text, region="<b>there</b>").key1
    mine = other.sign_in(key)
    address = browser.project(projects)
    reference = f"http://speech.test/speechtotext/v3.2/projects/{address.rpartition('/')[2]}"
    made = browser.api.dataset(b"not a zip", displayName="Bad", project=reference)
    with bench.ctx.store.write(bench.me) as tx:
        failed = tx.table(Dataset).get(UUID(made["self"].rpartition("/")[2]))
        tx.table(Dataset).put(replace(failed, failure=Failure("InvalidData", text)))

    pages = [other.open(mine), other.open(f"{mine.rpartition('/')[0]}/settings")]
    pages += [browser.open(f"{address}/datasets{part}") for part in ("", f"/{failed.id}")]

    assert [obeyed(page) for page in pages] == [[]] * 4
    assert all(text in page.text for page in pages)
