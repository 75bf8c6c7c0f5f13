"""Every page of Studio, held against WCAG 2.2 AA by axe-core, in both themes; and none is wider than a telephone."""

import pytest

from .addresses import SHOWN, path_of

pytestmark = pytest.mark.slow

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 360, "height": 740}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_people_out(studio, axe, scheme):
    page = studio.signed_in(color_scheme=scheme, bypass_csp=True)  # axe-core is put into the page
    opened, found = set(), []

    for shown in SHOWN:
        path = path_of(shown, studio)
        if path is None:
            continue
        answer = page.request.get(path)
        if "text/html" not in answer.headers.get("content-type", "") or not answer.ok:
            continue  # a file
        page.goto(path)
        page.add_script_tag(content=axe)
        result = page.evaluate("rules => axe.run({ runOnly: rules })", RULES)
        found += [f"{shown.name}: {one['id']} at {one['nodes'][0]['target']}" for one in result["violations"]]
        opened.add(shown.name)

    assert found == []
    assert {"ShowSignIn", "ListProjects", "ShowProject", "ListDatasets", "ShowEndpoint", "TryEndpoint"} <= opened


def test_no_page_is_wider_than_a_telephone(studio):
    page = studio.signed_in(viewport=NARROW)
    wide = []

    for path in filter(None, (path_of(shown, studio) for shown in SHOWN)):
        if "text/html" in page.request.get(path).headers.get("content-type", ""):
            page.goto(path)
            width = page.evaluate("() => document.documentElement.scrollWidth")
            wide += [(path, width)] if width > NARROW["width"] else []

    assert wide == []


def test_on_a_telephone_the_menu_of_a_project_unfolds_without_a_script_and_by_keyboard(studio):
    page = studio.signed_in(viewport=NARROW, java_script_enabled=False)
    page.goto(f"{studio.base}/projects/{studio.ids['id']}/tests")
    menu = page.get_by_role("navigation", name="Project")
    assert not menu.is_visible()

    page.locator(".fold summary").focus()
    page.keyboard.press("Enter")

    menu.wait_for(state="visible")


def test_on_a_wide_screen_the_menu_of_a_project_is_always_there(studio):
    page = studio.signed_in()
    page.goto(f"{studio.base}/projects/{studio.ids['id']}/tests")

    assert page.get_by_role("navigation", name="Project").is_visible()
    assert not page.locator(".fold").is_visible()
