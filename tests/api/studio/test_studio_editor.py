"""The Editor in the browser: import, write what is said, accept, and export as a dataset."""

import html
from uuid import uuid4

import pytest
from browser import Browser, Page

from bench import acoustic, speech
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.editions import Edition
from speechsmith.services import editions, entities, resources
from uploads import zipped

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7919 * 7907 }}", "</textarea><b>"]


@pytest.fixture
def project(browser, projects):
    """The address of a project."""
    return browser.project(projects)


@pytest.fixture
def editor(project):
    """The address of its Editor."""
    return f"{project}/datasets/editor"


def uploaded(browser: Browser, project: str, data: bytes | None = None, kind: str = "Acoustic", **members: str) -> str:
    """The id of a dataset of the project."""
    reference = f"http://speech.test/speechtotext/v3.2/projects/{project.rpartition('/')[2]}"
    return browser.api.dataset(data, kind, project=reference, **members)["self"].rpartition("/")[2]


def recordings(browser: Browser, project: str) -> str:
    return uploaded(browser, project, zipped({"a.wav": speech(0), "b.wav": speech(2)}), "AudioFiles")


def step(browser: Browser, editor: str, number: int, **answers: str) -> Page:
    return browser.call("GET", f"{editor}/new", params={"step": str(number), **answers})


def answers_for(browser: Browser, editor: str, dataset: str, **others: str) -> dict[str, str]:
    """All that the wizard asks for, with what it offers."""
    page = step(browser, editor, 2, dataset=dataset)
    ticked = {a["name"]: a["value"] for a in page.all("input") if "checked" in a and "name" in a}
    return {"dataset": dataset, **ticked, "displayName": "Calls, mended"} | others


def imported(browser: Browser, editor: str, dataset: str, **others: str) -> str:
    """The page of an Editor dataset that is filled."""
    answers = answers_for(browser, editor, dataset, **others)
    last = step(browser, editor, 4, **answers)
    made = browser.call("POST", f"{editor}/new", data=answers | {"token": last.token})
    assert made.goes_to == editor
    browser.api.bench.work_off()
    return f"{editor}/{kept(browser)[0].id}"


def kept(browser: Browser) -> list[Edition]:
    bench = browser.api.bench
    return list(entities.page(bench.ctx, bench.me, Edition, top=100, newest_first=True).values)


@pytest.fixture
def edition(browser, project, editor):
    """The page of an Editor dataset with two recordings that humans have transcribed."""
    return imported(browser, editor, uploaded(browser, project))


def written(page: Page) -> str:
    """What stands in the text area."""
    return html.unescape(page.html.partition("<textarea")[2].partition(">\n")[2].partition("</textarea>")[0])


def save(browser: Browser, edition: str, number: int, **fields: str) -> Page:
    address = f"{edition}/files/{number}"
    form = browser.open(address)
    given = {"token": form.token, "version": form.fields["version"], "text": written(form), "do": "save"}
    return browser.call("POST", address, data=given | fields)


# the list and the wizard


def test_the_editor_is_the_second_tab_of_speech_datasets(browser, project, editor):
    assert editor in browser.open(f"{project}/datasets").links

    page = browser.open(editor)

    assert f"{project}/datasets" in page.links
    assert "Nothing in the Editor yet" in page.words
    assert f"{editor}/new" in page.links


def test_who_has_no_recordings_is_told_what_to_bring(browser, project, editor):
    uploaded(browser, project, b"send a gasket\n", "Language")

    page = step(browser, editor, 1)

    assert "no recordings yet" in page.words
    assert "dataset" not in page.fields


def test_a_dataset_is_imported_step_by_step(browser, project, editor):
    dataset = uploaded(browser, project)
    answers = answers_for(browser, editor, dataset, description="Two calls")
    for number, title in enumerate(["Choose data", "Machine transcripts", "Name and description", "Review"], 1):
        assert f"<h1>{title}</h1>" in step(browser, editor, number, **answers).html
    last = step(browser, editor, 4, **answers)
    assert "Import and close" in last.words
    assert "To none" in last.words

    browser.call("POST", f"{editor}/new", data=answers | {"token": last.token})
    under_way = browser.open(editor)
    (made,) = kept(browser)
    filling = browser.open(f"{editor}/{made.id}")
    browser.api.bench.work_off()
    done = browser.open(f"{editor}/{made.id}")

    assert "1 under way." in under_way.words
    assert [a for a in filling.all("div") if "hx-get" in a]
    assert not [a for a in done.all("div") if "hx-get" in a]
    assert (made.display_name, made.description, made.project_id) == (
        "Calls, mended",
        "Two calls",
        entities.get(browser.api.bench.ctx, browser.api.bench.me, Dataset, made.dataset_ids[0]).project_id,
    )
    assert "Please send a gasket." in done.words
    assert "All (2) Drafts (2) Accepted (0)" in done.words
    assert "Succeeded" in browser.open(editor).words


def test_a_dataset_is_exported_to_the_editor_from_its_page(browser, project, editor):
    dataset = uploaded(browser, project)

    (link,) = [link for link in browser.open(f"{project}/datasets/{dataset}").links if "editor/new" in link]

    page = browser.open(link)
    assert "<h1>Machine transcripts</h1>" in page.html
    assert page.fields["dataset"] == dataset
    named = step(browser, editor, 3, **answers_for(browser, editor, dataset, displayName="calls"))
    assert named.fields["displayName"] == "calls"


def test_recordings_alone_get_drafts_unless_somebody_says_no(browser, project, editor):
    dataset = recordings(browser, project)

    heard = imported(browser, editor, dataset)
    silent = imported(browser, editor, dataset, listening="none")

    assert written(browser.open(f"{heard}/files/1"))
    assert written(browser.open(f"{silent}/files/1")) == ""
    assert "No text yet" in browser.open(silent).words


def test_what_the_model_heard_stands_beside_what_a_human_wrote(browser, project, editor):
    edition = imported(browser, editor, uploaded(browser, project), listening="all")

    page = browser.open(f"{edition}/files/1")

    assert written(page) == "Please send a gasket."
    assert "What the model heard" in page.words


@pytest.mark.parametrize(
    ("answers", "title", "words"),
    [
        ({"dataset": ""}, "Choose data", "Choose at least one dataset"),
        ({"dataset": "x"}, "Choose data", "Choose at least one dataset"),
        ({"dataset": str(uuid4())}, "Choose data", "There is no dataset"),
        ({"listening": "loud"}, "Machine transcripts", "Choose to which recordings"),
        ({"listening": "all", "model": ""}, "Machine transcripts", "Choose the model"),
        ({"listening": "all", "model": str(uuid4())}, "Machine transcripts", "There is no model"),
        ({"displayName": " "}, "Name and description", "must not be empty"),
        ({"displayName": "x" * 1001}, "Name and description", "at most 1000"),
    ],
)
def test_an_answer_that_will_not_do_is_asked_for_again(browser, project, answers, title, words):
    editor = f"{project}/datasets/editor"
    given = answers_for(browser, editor, uploaded(browser, project))
    token = step(browser, editor, 4, **given).token

    stepped = step(browser, editor, 4, **(given | answers))
    sent = browser.call("POST", f"{editor}/new", data=given | answers | {"token": token})

    for page in (stepped, sent):
        assert f"<h1>{title}</h1>" in page.html
        assert words in page.words
    assert sent.status == 400
    assert kept(browser) == []


def test_a_dataset_of_another_project_is_not_imported(browser, projects, editor):
    other = browser.project(projects, displayName="Other")
    dataset = uploaded(browser, other)

    assert "does not belong to this project" in step(browser, editor, 2, dataset=dataset).words


def test_a_resource_has_as_many_in_the_editor_as_it_may(browser, project, editor):
    answers = answers_for(browser, editor, uploaded(browser, project))
    token = step(browser, editor, 4, **answers).token
    limited = Browser(browser.api.under(max_entities="editions=1"), cookies=browser.cookies)

    first, second = (limited.call("POST", f"{editor}/new", data=answers | {"token": token}) for _ in range(2))

    assert first.goes_to == editor
    assert second.status == 429
    assert "This resource has 1 editions" in second.words
    assert len(kept(browser)) == 1


# one recording


def test_a_recording_is_played_corrected_and_accepted(browser, edition):
    page = browser.open(f"{edition}/files/1")
    assert [a["src"] for a in page.all("audio")] == [f"{edition}/files/1/audio"]
    sound = browser.call("GET", f"{edition}/files/1/audio", headers={"Range": "bytes=0-3"}).response
    assert (sound.status_code, sound.content) == (206, b"RIFF")
    assert written(page) == "Please send a gasket."
    assert "File 1 of 2, 0 accepted" in page.words

    went = save(browser, edition, 1, text="Please send a casket.", do="accept")

    assert went.goes_to == f"{edition}/files/2?began"
    again = browser.open(f"{edition}/files/1")
    assert written(again) == "Please send a casket."
    assert "Accepted File 1 of 2, 1 accepted" in again.words
    last = save(browser, edition, 2, do="accept")
    assert last.goes_to == f"{edition}?done"
    assert "All files are accepted" in browser.open(last.goes_to).words


def test_saving_stays_on_the_page_and_a_text_can_be_a_draft_again(browser, edition):
    saved = save(browser, edition, 1, text="Please.")
    assert saved.goes_to == f"{edition}/files/1?saved=save"
    assert "Saved." in browser.open(saved.goes_to).words

    save(browser, edition, 1, do="accept")
    assert "Accepted (1)" in browser.open(edition).words
    save(browser, edition, 1, do="draft")

    assert "Accepted (0)" in browser.open(edition).words


def test_previous_and_next_move_between_files(browser, edition):
    first, second = (browser.open(f"{edition}/files/{number}") for number in (1, 2))

    assert f"{edition}/files/2" in first.links
    assert f"{edition}/files/0" not in first.links
    assert f"{edition}/files/1" in second.links
    assert f"{edition}/files/3" not in second.links


def test_who_was_slower_sees_both_texts_and_decides(browser, edition):
    stale = browser.open(f"{edition}/files/1")
    save(browser, edition, 1, text="Please send a casket.")
    mine = {"token": stale.token, "version": stale.fields["version"], "text": "Please send the gasket.", "do": "save"}

    refused = browser.call("POST", f"{edition}/files/1", data=mine)

    assert refused.status == 409
    assert "Somebody else has changed" in refused.words
    assert "What is kept now Please send a casket." in refused.words
    assert written(refused) == "Please send the gasket."
    browser.call("POST", f"{edition}/files/1", data=mine | {"version": refused.fields["version"]})
    assert written(browser.open(f"{edition}/files/1")) == "Please send the gasket."


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": "", "do": "accept"}, 400, "no text to accept"),
        ({"text": "see www.example.com", "do": "accept"}, 400, "Remove the address"),
        ({"text": "ab " * 10_001}, 400, "at most 20000"),
        ({"text": "new", "version": "x"}, 409, "Somebody else"),
        ({"text": "a\0b"}, 400, "NUL"),
    ],
)
def test_a_text_that_will_not_do_stays_in_the_form(browser, edition, fields, status, words):
    refused = save(browser, edition, 1, **fields)

    assert refused.status == status
    assert words in refused.words
    assert written(browser.open(f"{edition}/files/1")) == "Please send a gasket."


def test_the_files_are_listed_by_state(browser, edition):
    save(browser, edition, 1, do="accept")

    drafts, accepted, strange = (browser.open(f"{edition}?state={state}") for state in ("draft", "accepted", "x"))

    assert ("Thank you." in drafts.words, "gasket" in drafts.words) == (True, False)
    assert ("Thank you." in accepted.words, "gasket" in accepted.words) == (False, True)
    assert ("Thank you." in strange.words, "gasket" in strange.words) == (True, True)
    assert "None of the files is on this page." in browser.open(f"{edition}?page=7").words


# export


def test_what_is_accepted_is_exported_as_a_dataset(browser, project, edition):
    save(browser, edition, 1, text="Please send a casket.", do="accept")
    form = browser.open(f"{edition}/export")
    assert "1 file" in form.words
    assert form.fields["displayName"] == "Calls, mended, edited"

    made = browser.call("POST", f"{edition}/export", data=export_of(form, share="accepted"))
    browser.api.bench.work_off()

    page = browser.open(made.goes_to)
    assert made.goes_to.startswith(f"{project}/datasets/")
    assert "Please send a casket." in page.words
    assert "Thank you." not in page.words
    assert "Every line and recording could be used" in page.words


def export_of(form: Page, **fields: str) -> dict[str, str]:
    return {"token": form.token, "displayName": "Right", "description": "", **fields}


def test_what_is_ticked_is_exported(browser, edition):
    form = browser.open(f"{edition}/export?file=2&file=99&file=x")
    assert [a["value"] for a in form.all("input") if a.get("name") == "file"] == ["2", "99"]

    made = browser.call("POST", f"{edition}/export", data=export_of(form, share="ticked", file="2"))
    browser.api.bench.work_off()

    page = browser.open(made.goes_to)
    assert "Thank you." in page.words
    assert "gasket" not in page.words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"share": "accepted"}, "nothing to export"),
        ({"share": ""}, "Choose which files"),
        ({"share": "x"}, "Choose which files"),
        ({"share": "all", "displayName": ""}, "must not be empty"),
        ({"share": "ticked"}, "nothing to export"),
    ],
)
def test_an_export_that_will_not_do_says_why_and_makes_nothing(browser, edition, fields, words):
    form = browser.open(f"{edition}/export")
    before = len(all_datasets(browser))

    refused = browser.call("POST", f"{edition}/export", data=export_of(form, **fields))

    assert refused.status == 400
    assert words in refused.words
    assert len(all_datasets(browser)) == before


def all_datasets(browser: Browser) -> list[Dataset]:
    bench = browser.api.bench
    return list(entities.page(bench.ctx, bench.me, Dataset, top=100).values)


# names, its end, and whose it is


def test_it_gets_another_name_and_goes(browser, project, editor, edition):
    assert browser.send(f"{edition}/rename", displayName="Other name").goes_to == edition
    assert "Other name" in browser.open(editor).words
    assert "0 of 2 files are accepted" not in browser.open(f"{edition}/delete").words

    assert browser.send(f"{edition}/delete").goes_to == editor

    assert kept(browser) == []
    assert browser.open(edition).status == 404
    assert len(all_datasets(browser)) == 1


def test_a_dataset_that_is_being_imported_is_not_deleted(browser, project, editor):
    dataset = uploaded(browser, project)
    answers = answers_for(browser, editor, dataset)
    last = step(browser, editor, 4, **answers)
    browser.call("POST", f"{editor}/new", data=answers | {"token": last.token})

    refused = browser.send(f"{project}/datasets/{dataset}/delete")

    assert refused.status == 409
    assert "in use by the Editor dataset" in refused.words


def test_an_import_that_failed_says_why(browser, project, editor):
    dataset = uploaded(browser, project)
    answers = answers_for(browser, editor, dataset)
    last = step(browser, editor, 4, **answers)
    browser.call("POST", f"{editor}/new", data=answers | {"token": last.token})
    bench = browser.api.bench
    job = bench.claim()
    with bench.ctx.store.write(bench.me) as tx:
        tx.files.delete(kept(browser)[0].dataset_ids[0])
    bench.finish(job)

    page = browser.open(f"{editor}/{kept(browser)[0].id}")

    assert "Failed The datasets have no recordings." in page.words
    assert f"{editor}/{kept(browser)[0].id}/delete" in page.links


def pages_of(edition: str) -> list[str]:
    return [edition, *(f"{edition}/{page}" for page in ("files/1", "files/1/audio", "export", "rename", "delete"))]


def test_nothing_of_it_is_in_another_project_or_resource(browser, projects, project, edition):
    other = browser.project(projects, displayName="Other")
    stranger = Browser(browser.api)
    stranger.sign_in(resources.create(browser.api.bench.ctx, name="theirs", region="here").key1)
    elsewhere = [page.replace(project, other) for page in pages_of(edition)]

    assert [browser.open(page).status for page in pages_of(edition)] == [200] * 6
    assert [browser.open(page).status for page in elsewhere] == [404] * 6
    assert [stranger.open(page).status for page in pages_of(edition)] == [404] * 6
    form = browser.open(f"{edition}/files/1")
    sent = {"token": form.token, "version": "1", "text": "Mine.", "do": "accept"}
    assert browser.call("POST", elsewhere[1], data=sent).status == 404
    assert browser.call("POST", elsewhere[3], data=export_of(form, share="all")).status == 404
    assert browser.call("POST", elsewhere[5], data={"token": form.token}).status == 404
    assert written(browser.open(f"{edition}/files/1")) == "Please send a gasket."


@pytest.mark.parametrize("number", ["0", "3", "-1", "x", "9" * 30])
def test_a_file_that_is_not_there_is_not_found(browser, edition, number):
    assert browser.open(f"{edition}/files/{number}").status == 404
    assert browser.open(f"{edition}/files/{number}/audio").status == 404


def test_who_was_left_behind_by_a_project_can_be_connected(browser, projects, project, edition):
    browser.send(f"{project}/delete")
    other = browser.project(projects, displayName="Other")
    id = edition.rpartition("/")[2]
    form = browser.open(f"{other}/connect")
    assert "Calls, mended" in form.words

    browser.call("POST", f"{other}/connect", data={"token": form.token, "datasets/editor": id})

    assert browser.open(f"{other}/datasets/editor/{id}").status == 200


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_text_and_nothing_else(browser, project, editor, text):
    dataset = uploaded(browser, project, acoustic({0: "Please send a gasket."}))
    edition = imported(browser, editor, dataset, displayName=text, description=text)
    save(browser, edition, 1, text=text)
    bench = browser.api.bench
    (made,) = kept(browser)
    assert editions.file(bench.ctx, bench.me, made.id, 1).text == text
    form = browser.open(f"{edition}/files/1")
    conflict = browser.call(
        "POST", f"{edition}/files/1", data={"token": form.token, "version": "1", "text": f"{text} too", "do": "save"}
    )
    assert conflict.status == 409

    seen = [conflict, *(browser.open(page) for page in (editor, edition, f"{edition}/files/1", f"{edition}/export"))]

    for page in seen:
        assert text in page.words or text in page.html or html.escape(text, quote=False) in page.html
        assert not [a for tag, a in page.tags if tag in ("img", "b")]
        assert len(page.all("script")) == sum("src" in a for a in page.all("script"))
        assert "62615533" not in page.html
