"""Several browsers at once: of two tenants, of one, and two tabs of one."""

import pytest

pytestmark = pytest.mark.slow


def new_project(page, name):
    """Make a project from the list of projects; gives its address."""
    page.goto(f"{page.url.partition('/projects')[0]}/projects/new")
    page.fill("#displayName", name)
    page.click("main button")
    page.click("text=Go to project")
    page.wait_for_selector("h1")
    return page.url


def test_two_tenants_at_once_see_each_their_own(studio):
    mine, theirs = studio.signed_in(), studio.another_resource().signed_in()
    address = new_project(mine, "Only mine")
    new_project(theirs, "Only theirs")

    mine.goto(studio.base + "/projects")
    theirs.goto(theirs.url.partition("/projects")[0] + "/projects")
    answer = theirs.goto(address)

    assert mine.is_visible("text=Only mine")
    assert not mine.is_visible("text=Only theirs")
    assert answer.status == 404
    assert not theirs.is_visible("text=Only mine")


def test_two_browsers_of_one_tenant_see_what_the_other_does(studio):
    one, other = studio.signed_in(), studio.signed_in()

    address = new_project(one, "Of both")
    other.goto(address)
    other.click("text=Rename")
    other.fill("#displayName", "Of us both")
    other.click("text=Save")
    other.wait_for_selector("h1:has-text('Of us both')")
    one.reload()

    assert one.is_visible("h1:has-text('Of us both')")


def test_what_is_renamed_here_while_it_is_deleted_there_is_told_to_be_gone(studio):
    one, other = studio.signed_in(), studio.signed_in()
    address = new_project(one, "Short-lived")
    one.goto(f"{address}/rename")
    other.goto(f"{address}/delete")
    with other.expect_navigation():
        other.click("main button")

    one.fill("#displayName", "Too late")
    with one.expect_navigation() as gone:
        one.click("text=Save")

    assert gone.value.status == 404
    assert one.is_visible("h1:has-text('Not found')")
    assert "There is no project with the id" in one.inner_text("main")


def test_a_key_that_is_renewed_here_signs_out_who_came_with_it_there(studio):
    tenant = studio.another_resource()
    one, other = tenant.signed_in(), tenant.signed_in()

    one.goto(f"{tenant.base}/settings/keys/1")
    with one.expect_navigation():
        one.click("main form button")
    new_key = one.inner_text("main")
    other.goto(f"{tenant.base}/projects")

    assert tenant.key not in new_key
    assert "/studio/sign-in" in other.url
    other.fill("#key", tenant.key)
    other.click("main button")
    other.wait_for_selector("text=This key opens no Speech resource here")


def test_signing_out_in_one_tab_signs_out_the_other(studio):
    one = studio.signed_in()
    other = studio.watched(one.context.new_page())
    other.goto(f"{studio.base}/projects/new")
    other.fill("#displayName", "Not any more")

    with one.expect_navigation():
        one.click("text=Sign out")
    other.click("main button")
    other.wait_for_url("**/studio/sign-in**")

    assert other.is_visible("#key")
    again = studio.signed_in()
    again.goto(f"{studio.base}/projects")
    assert not again.is_visible("text=Not any more")


def test_a_description_that_fits_no_address_goes_through_a_wizard_and_back(studio):
    page, long = studio.signed_in(), "漢字é%\n" * 2_000
    page.goto(f"{studio.base}/projects/{studio.ids['id']}/datasets/new")
    page.check("#kind-Language")
    page.click("text=Next")
    page.click("text=Next")
    page.fill("#displayName", "Long")
    page.evaluate("(text) => { document.querySelector('#description').value = text; }", long)
    page.click("text=Next")
    page.wait_for_selector("text=Save and close")
    page.click("text=Back")
    page.wait_for_selector("#description")
    back = page.input_value("#description")
    page.click("text=Next")
    page.click("text=Save and close")
    page.wait_for_selector("#upload:not([hidden])")

    assert back == long
