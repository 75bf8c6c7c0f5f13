"""Datasets in the browser: brought in by the wizard, checked, looked at, listened to, renamed and deleted."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest
from browser import Browser, Page

from bench import acoustic, speech
from speechsmith.api.studio.guard import TOKEN_HEADER
from speechsmith.api.studio.words import KINDS, length, size
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.status import Status
from speechsmith.services import datasets, entities, resources
from uploads import zipped

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7919 * 7907 }}", "</textarea><b>"]
LOCAL = {"use": "training", "kind": "Language", "location": "local", "displayName": "Words"}
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def project(browser, projects):
    """The address of a project."""
    return browser.project(projects)


@pytest.fixture
def reference(project):
    """How REST names it."""
    return f"http://speech.test/speechtotext/v3.2/projects/{project.rpartition('/')[2]}"


def kept(browser: Browser) -> list[Dataset]:
    bench = browser.api.bench
    return list(entities.page(bench.ctx, bench.me, Dataset, top=100, newest_first=True).values)


def step(browser: Browser, project: str, number: int, **answers: str) -> Page:
    return browser.call("GET", f"{project}/datasets/new", params={"step": str(number), **answers})


def save(browser: Browser, project: str, **answers: str) -> Page:
    """Send the last step, as the form of it would be."""
    last = step(browser, project, 4, **answers)
    return browser.call("POST", f"{project}/datasets/new", data=answers | {"token": last.token})


def waiting(browser: Browser, project: str, **answers: str) -> str:
    """The address of a dataset that waits for its file."""
    return save(browser, project, **(LOCAL | answers)).goes_to


def block_id(number: int) -> str:
    return base64.b64encode(f"{number:06}-{'0' * 16}".encode()).decode()


def put(browser: Browser, address: str, number: int, data: bytes, token: str | None = None) -> httpx2.Response:
    headers = SCRIPT | {TOKEN_HEADER: browser.open(address).token if token is None else token}
    params = {"blockid": block_id(number)}
    return browser.call("PUT", f"{address}/blocks", params=params, content=data, headers=headers).response


def commit(browser: Browser, address: str, *numbers: int) -> Page:
    return browser.send(address, blocks=" ".join(map(block_id, numbers)))


def uploaded(
    browser: Browser, reference: str, data: bytes | None = None, kind: str = "Acoustic", **members: str
) -> str:
    """The page of a dataset that REST has brought."""
    made = browser.api.dataset(data, kind, project=reference, **members)
    project = f"/studio/{browser.api.bench.me}/projects/{reference.rpartition('/')[2]}"
    return f"{project}/datasets/{made['self'].rpartition('/')[2]}"


# the wizard


def test_who_has_no_data_is_led_to_the_wizard(browser, project):
    page = browser.open(f"{project}/datasets")

    assert "No data yet" in page.words
    assert page.links.count(f"{project}/datasets/new") == 1


def test_each_tab_offers_the_types_of_data_that_it_can_have(browser, project):
    training, testing = (
        [a for a in step(browser, project, 1, use=use).all("input") if a.get("name") == "kind"]
        for use in ("training", "testing")
    )

    assert [choice["value"] for choice in training] == list(KINDS)
    assert [choice["value"] for choice in testing] == ["Acoustic", "AudioFiles"]


def test_what_no_base_model_learns_from_cannot_be_chosen_and_says_why(browser, project):
    learned = datasets.trainable(browser.api.bench.ctx, "en-US")
    page = step(browser, project, 1)

    choices = {a["value"]: "disabled" in a for a in page.all("input") if a.get("name") == "kind"}
    assert choices == {kind: kind not in learned for kind in KINDS}
    assert page.words.count("learns from it") == len(KINDS) - len(learned)


def test_a_url_is_brought_in_step_by_step(browser, project, web):
    folder, url = web
    (folder / "lines.txt").write_text("send a gasket\nsend two\n", encoding="utf-8")
    answers = LOCAL | {"location": "url", "contentUrl": f"{url}/lines.txt", "description": "From the shop"}
    titles = ["Data type", "Location", "Name and description", "Review"]
    for number, title in enumerate(titles, 1):
        assert f"<h1>{title}</h1>" in step(browser, project, number, **answers).html

    made = save(browser, project, **answers)
    under_way = browser.open(made.goes_to)
    browser.api.bench.work_off()
    done = browser.open(made.goes_to)

    (dataset,) = kept(browser)
    assert made.goes_to == f"{project}/datasets/{dataset.id}"
    assert (dataset.display_name, dataset.description, dataset.kind) == ("Words", "From the shop", "Language")
    assert dataset.custom_properties == {"PortalAPIVersion": "3"}
    assert [a["hx-get"] for a in under_way.all("div") if "hx-get" in a] == [made.goes_to]
    assert not [a for a in done.all("div") if "hx-get" in a]
    assert "Succeeded" in done.words
    assert "Every line could be used" in done.words
    assert "send a gasket" in done.words


@pytest.mark.parametrize(
    ("answers", "number", "words"),
    [
        ({"kind": ""}, 1, "Choose the type of the data"),
        ({"kind": "Nonsense"}, 1, "Choose the type of the data"),
        ({"use": "testing", "kind": "Language"}, 1, "Choose the type of the data"),
        ({"use": "x"}, 1, "Choose the type of the data"),
        ({"location": ""}, 2, "Choose where the data is"),
        ({"location": "url"}, 2, "URL"),
        ({"location": "url", "contentUrl": "ftp://x/y"}, 2, "URL"),
        ({"displayName": " "}, 3, "Name must not be empty"),
        ({"description": "x" * 10_001}, 3, "Description has 10001 characters"),
    ],
)
def test_what_will_not_do_is_told_at_its_step(browser, project, answers, number, words):
    token = step(browser, project, 4, **LOCAL).token
    asked = step(browser, project, 4, **(LOCAL | answers))
    sent = browser.call("POST", f"{project}/datasets/new", data=LOCAL | answers | {"token": token})

    for page in (asked, sent):
        assert page.status == 400
        assert page.title.startswith("Error: ")
        assert words in page.words
        assert f"{['Data type', 'Location', 'Name and description'][number - 1]} - Upload data" in page.title
    assert kept(browser) == []


def test_what_two_browsers_send_at_once_arrives_once_and_whole(browser, project):
    address = waiting(browser, project)
    other = Browser(browser.api)
    other.sign_in(browser.api.bench.tenant.key1)
    token = other.open(address).token
    lines = [f"please send {number} gaskets\n".encode() for number in range(3)]

    for number, line in enumerate(lines):
        assert put(browser, address, number, line).status_code == 200
        assert put(other, address, number, line, token).status_code == 200
    both = {"token": browser.open(address).token, "blocks": " ".join(map(block_id, range(3)))}
    first = browser.call("POST", address, data=both)
    second = other.call("POST", address, data=both | {"token": token})
    late = put(other, address, 0, b"something else\n", token)
    browser.api.bench.work_off()

    assert first.goes_to == address
    assert second.status == 409
    assert "already has its data" in second.words
    assert late.status_code == 409
    (made,) = kept(browser)
    assert (made.status, made.accepted) == (Status.SUCCEEDED, 3)


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_written_stays_text(browser, project, reference, name):
    address = waiting(browser, project, displayName=name, description=name, kind="Acoustic")
    lines = zipped({"0.wav": speech(0), "trans.txt": f"0.wav\t{name} one\n{name}\tgone"})
    full = uploaded(browser, reference, lines, displayName=name)
    remote = LOCAL | {"location": "url", "contentUrl": f"https://x.example/{name}", "displayName": name}

    shown = [step(browser, project, number, **remote) for number in (1, 2, 3, 4)]
    shown += [browser.open(f"{address}{part}") for part in ("", "/rename", "/delete")]
    shown += [browser.open(f"{full}{part}") for part in ("", "/report", "/utterances")]
    shown += [browser.open(f"{project}/datasets")]

    for page in shown:
        assert page.status in (200, 400)
        assert not page.all("img")
        assert not page.all("b")
        assert str(7919 * 7907) not in page.words
        assert len(page.all("script")) == sum("src" in a for a in page.all("script"))
    assert name in browser.open(address).text
    assert name in browser.open(full).text


# the file


def test_a_file_goes_up_in_blocks_and_is_checked(browser, project):
    address = waiting(browser, project)
    before = browser.open(address)
    assert put(browser, address, 0, b"send a gasket\n").status_code == 200
    assert put(browser, address, 1, b"send two\n").status_code == 200

    sent = commit(browser, address, 0, 1)
    browser.api.bench.work_off()

    (form,) = [a for a in before.all("form") if a.get("id") == "upload"]
    assert form["data-blocks"] == f"{address}/blocks"
    assert int(form["data-block-bytes"]) == datasets.MAX_BLOCK_BYTES
    assert sent.goes_to == address
    (dataset,) = kept(browser)
    assert (dataset.status, dataset.accepted) == ("Succeeded", 2)
    assert [a["src"].rpartition("/")[2] for a in before.all("script") if a.get("type") == "module"] == ["upload.js"]
    assert not [a for a in browser.open(address).all("script") if a.get("type") == "module"]


def test_data_that_was_uploaded_to_test_with_is_told_where_models_learn(browser, project, reference):
    address = waiting(browser, project, use="testing", kind="Acoustic")
    put(browser, address, 0, acoustic({0: "send a gasket"}))
    commit(browser, address, 0)
    browser.api.bench.work_off()
    uploaded(browser, reference, acoustic({2: "thank you"}), displayName="To learn from")

    shown = browser.open(f"{project}/datasets")
    training = browser.open(f"{project}/models/new?step=2&base={browser.api.base()['self'].rpartition('/')[2]}")

    assert shown.words.count("For testing") == 1
    assert training.words.count("Uploaded for testing: a model that learns from it cannot be tested on it") == 1
    assert not [a for a in training.all("input") if a.get("type") == "checkbox" and "disabled" in a]


def test_what_was_cut_goes_on_with_the_blocks_that_are_there(browser, project):
    address = waiting(browser, project)
    put(browser, address, 0, b"send a gasket\n")

    told = browser.call("GET", f"{address}/blocks", headers=SCRIPT).response

    assert told.json() == {"blocks": [{"name": block_id(0), "size": 14}]}
    assert "14 bytes have arrived already" in browser.open(address).words


def test_a_browser_without_scripts_is_told_another_way(browser, project):
    page = browser.open(waiting(browser, project))

    (form,) = [a for a in page.all("form") if a.get("id") == "upload"]
    assert "hidden" in form
    assert page.all("noscript")
    assert f"--dataset {kept(browser)[0].id} --data FILE" in page.words


def test_a_block_without_the_token_of_a_page_is_refused_before_it_is_read(browser, project):
    address = waiting(browser, project)
    read = []

    async def body():
        read.append(True)
        yield b"send a gasket\n"

    for token in ("", "0" * 64):
        headers = SCRIPT | {TOKEN_HEADER: token}
        page = browser.call(
            "PUT", f"{address}/blocks", params={"blockid": block_id(0)}, content=body(), headers=headers
        )
        assert page.status == 403
        assert "nothing was changed" in page.response.json()["message"]
    stranger = Browser(browser.api).call("PUT", f"{address}/blocks", content=body(), headers=SCRIPT)
    assert (stranger.status, stranger.response.json()["title"]) == (401, "Signed out")
    assert read == []
    assert browser.call("GET", f"{address}/blocks", headers=SCRIPT).response.json() == {"blocks": []}


def test_a_block_that_another_site_sends_is_refused(browser, project):
    address = waiting(browser, project)
    headers = SCRIPT | {TOKEN_HEADER: browser.open(address).token, "Sec-Fetch-Site": "cross-site"}

    page = browser.call("PUT", f"{address}/blocks", params={"blockid": block_id(0)}, content=b"x", headers=headers)

    assert page.status == 403


@pytest.mark.parametrize(
    ("number", "data", "refusal"),
    [
        (0, b"", (400, "The block is empty")),
        (0, b"x" * (datasets.MAX_BLOCK_BYTES + 1), (413, "larger than")),
        (10**9, b"x", (400, "equally long")),
    ],
)
def test_a_block_that_is_refused_says_why_and_leaves_nothing(browser, project, number, data, refusal):
    address = waiting(browser, project)
    put(browser, address, 0, b"first\n")

    answer = put(browser, address, number, data)

    assert (answer.status_code, refusal[1] in answer.json()["message"]) == (refusal[0], True)
    (block,) = browser.call("GET", f"{address}/blocks", headers=SCRIPT).response.json()["blocks"]
    assert block["size"] == 6
    assert list(browser.api.bench.ctx.incoming.glob("*")) == []


def test_blocks_that_are_not_there_cannot_be_joined(browser, project):
    address = waiting(browser, project)
    put(browser, address, 0, b"first\n")

    for sent, words in ((commit(browser, address, 0, 1), "No block"), (commit(browser, address), "empty")):
        assert sent.status == 400
        assert words in sent.words
        assert sent.title.startswith("Error: ")
    assert kept(browser)[0].awaits_blocks


def test_a_dataset_that_has_its_data_takes_no_more(browser, reference):
    address = uploaded(browser, reference, b"one line\n", "Language")

    answer = put(browser, address, 0, b"more\n", token=browser.open(f"{address}/rename").token)

    assert (answer.status_code, "already has its data" in answer.json()["message"]) == (409, True)


def test_a_list_does_not_ask_again_for_what_waits_for_its_file(browser, project):
    waiting(browser, project)

    page = browser.open(f"{project}/datasets")

    assert "Waits for its file" in page.words
    assert not [a for a in page.all("div") if "hx-get" in a]


# what became of it


def test_what_was_left_out_is_told_line_by_line_with_what_to_do(browser, reference):
    lines = zipped({"0.wav": speech(0), "1.wav": speech(1), "trans.txt": "0.wav\tSend it.\n9.wav\tGone.\nno tab here"})
    address = uploaded(browser, reference, lines)

    page = browser.open(address)

    assert "1 could be used, 3 were left out" in page.words
    assert "Line 2, 9.wav No file of the archive has this name." in page.words.replace("What is wrong", "").replace(
        "  ", " "
    )
    assert "Put the audio into the archive" in page.words
    assert "AudioWithoutLine" in page.words
    whole = browser.open(f"{address}/report?part=rejected")
    assert "Left out (3)" in whole.words
    assert "no tab here" in whole.words
    assert browser.open(f"{address}/report?part=x").status == 200


def test_a_long_report_has_pages(browser, reference):
    address = uploaded(browser, reference, b"send it\n" + b"see www.example.com\n" * 60, "Language")

    page = browser.open(address)
    first, second = (
        browser.open(f"{address}/report?part=rejected"),
        browser.open(f"{address}/report?part=rejected&page=2"),
    )

    assert f"{address}/report?part=rejected" in page.links
    assert "?part=rejected&page=2" in first.links
    assert "Line 51" in first.words
    assert "Line 52" not in first.words
    assert "Line 61" in second.words


def test_what_could_not_be_read_at_all_says_why(browser, reference):
    page = browser.open(uploaded(browser, reference, b"no zip"))

    assert "Failed" in page.words
    assert "Nothing could be read of it" in page.words
    assert page.status == 200


def test_tests_of_rules_and_their_outcome_are_shown(browser, reference):
    rules = b"#rewrite\ncovered 19\tCOVID-19\n#test\ncovered 19\tCOVID-19\ncovered 20\tnever this"
    page = browser.open(uploaded(browser, reference, rules, "OutputFormatting"))

    assert "Tests of the rules (2)" in page.words
    assert "never this" in page.words


def test_converted_audio_is_told(browser, reference):
    data = zipped({"0.wav": speech(0, rate_hz=44_100), "trans.txt": "0.wav\tSend it."})

    page = browser.open(uploaded(browser, reference, data))

    assert "Converted audio (1)" in page.words
    assert "44100" in page.words


def test_utterances_stand_with_their_reference_and_can_be_heard(browser, reference):
    address = uploaded(browser, reference, acoustic({0: "Please send a gasket.", 2: "Thank you."}))

    page = browser.open(address)

    assert "Please send a gasket." in page.words
    assert [a["src"] for a in page.all("audio")] == [f"{address}/audio/1", f"{address}/audio/2"]
    for player in page.all("audio"):
        heard = browser.call("GET", player["src"], headers={"Range": "bytes=0-3"}).response
        assert (heard.status_code, heard.content) == (206, b"RIFF")
        assert player["aria-label"].endswith(".wav")
    assert [a["src"] for a in browser.open(f"{address}/utterances").all("audio")] == [
        a["src"] for a in page.all("audio")
    ]
    assert browser.open(f"{address}/utterances?page=2").status == 200


def test_each_player_gives_the_sound_that_stands_beside_it(browser, reference):
    address = uploaded(browser, reference, zipped({f"{n}.wav": speech(n) for n in (2, 0, 1)}), "AudioFiles")
    rows = dict(zip([2, 0, 1], [0.0] * 3, strict=True))

    page = browser.open(address)
    names = [a["aria-label"] for a in page.all("audio")]
    heard = [browser.call("GET", a["src"]).response.content for a in page.all("audio")]

    assert sorted(names) == [f"{n}.wav" for n in sorted(rows)]
    for name, content in zip(names, heard, strict=True):
        assert content[-1000:] == speech(int(name[0]))[-1000:]


def test_files_are_saved_under_their_names(browser, reference):
    address = uploaded(browser, reference)
    page = browser.open(address)

    saved = {}
    for link in page.links:
        if "/files/" in link:
            answer = browser.call("GET", link).response
            saved[answer.headers["content-disposition"].partition('filename="')[2].rstrip('"')] = answer

    assert set(saved) == {"report.json", "trans.txt", "archive.zip"}
    assert json.loads(saved["report.json"].content)["acceptedLineCount"] == 2
    assert all(answer.headers["content-disposition"].startswith("attachment") for answer in saved.values())


def test_the_models_and_tests_that_were_made_with_a_dataset_are_named(browser, reference):
    api = browser.api
    address = uploaded(browser, reference)
    data = {"self": f"http://speech.test/speechtotext/v3.2/datasets/{address.rpartition('/')[2]}"}
    assert "No model has learned from it" in browser.open(address).words
    model = api.done(api.make("models", displayName="Mine", datasets=[data], project={"self": reference}))
    base = {"self": api.base()["self"]}
    api.make("evaluations", displayName="Both", dataset=data, model1=base, model2=base)

    page = browser.open(address)

    assert "Model Mine" in page.words
    assert f"{address.partition('/datasets/')[0]}/models/{model['self'].rpartition('/')[2]}" in page.links
    assert "Test Both (in no project)" in page.words


def test_a_dataset_leads_to_what_can_be_made_with_it(browser, reference):
    address = uploaded(browser, reference, b"one line\n", "Language")
    (link,) = [link for link in browser.open(address).links if "/new?" in link]

    assert link.endswith(f"/models/new?datasets={address.rpartition('/')[2]}")
    assert address.rpartition("/")[2] in [field.get("value") for field in browser.open(link).all("input")]


# rename and delete


def test_a_dataset_gets_another_name(browser, reference):
    address = uploaded(browser, reference, b"one line\n", "Language")

    refused = browser.send(f"{address}/rename", displayName=" ")
    done = browser.send(f"{address}/rename", displayName="Other", description="d")

    assert (refused.status, "Name must not be empty" in refused.words) == (400, True)
    assert done.goes_to == address
    assert (kept(browser)[0].display_name, kept(browser)[0].description) == ("Other", "d")


def test_a_dataset_is_deleted(browser, reference):
    address = uploaded(browser, reference, b"one line\n", "Language")

    done = browser.send(f"{address}/delete")

    assert done.goes_to == address.rpartition("/")[0]
    assert kept(browser) == []
    assert browser.open(address).status == 404


def test_a_dataset_that_is_needed_stays_and_tells_who_needs_it(browser, reference):
    address = uploaded(browser, reference)
    data = {"self": f"http://speech.test/speechtotext/v3.2/datasets/{address.rpartition('/')[2]}"}
    browser.api.make("models", displayName="Mine", datasets=[data])

    refused = browser.send(f"{address}/delete")

    assert refused.status == 409
    assert "in use by the model 'Mine'" in refused.words
    assert len(kept(browser)) == 1


# nobody else's


def test_a_dataset_of_another_project_or_resource_is_not_there(browser, project, projects, reference):
    address = uploaded(browser, reference)
    elsewhere = browser.project(projects, displayName="Other")
    other = Browser(browser.api)
    made = resources.create(browser.api.bench.ctx, name="other", region="there")
    theirs = other.project(other.sign_in(made.key1))
    token = other.open(f"{theirs}/rename").token
    id = address.rpartition("/")[2]
    file = next(link.rpartition("/")[2] for link in browser.open(address).links if "/files/" in link)
    parts = ("", "/rename", "/delete", "/report", "/utterances", "/blocks", f"/files/{file}", "/audio/1")

    for part in parts:
        assert browser.open(f"{address}{part}").status == 200
        assert other.open(f"{address}{part}").status == 404
        assert other.open(f"{theirs}/datasets/{id}{part}").status == 404
    for part in parts[:-1]:
        assert browser.open(f"{elsewhere}/datasets/{id}{part}").status == 404
    for part in ("", "/rename", "/delete"):
        sent = other.call("POST", f"{theirs}/datasets/{id}{part}", data={"token": token, "displayName": "x"})
        assert sent.status == 404
    assert put(other, f"{theirs}/datasets/{id}", 0, b"x", token=token).status_code == 404
    assert browser.open(f"{project}/datasets/{uuid4()}").status == 404
    assert kept(browser)[0].display_name == "calls"


def test_sizes_and_lengths_are_told_in_words():
    assert [size(n) for n in (0, 1023, 1024, 1_600_000, 2 * 1024**3)] == [
        "0 bytes",
        "1023 bytes",
        "1 KB",
        "1.5 MB",
        "2 GB",
    ]
    assert [length(timedelta(seconds=s)) for s in (2.04, 75, 7_384)] == ["2.0 s", "1 min 15 s", "2 h 3 min"]
