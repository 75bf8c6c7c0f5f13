"""Uploads: forms in any order, blocks one by one, and nothing larger than what is taken."""

import base64
from typing import Any

import pytest
from caller import Api, reference

from bench import acoustic

FIELDS = {"displayName": "lines", "locale": "en-US", "kind": "Language"}
TEXT = b"the first line\nthe second line\n"
BOUNDARY = "edge"


def part(name: str, content: bytes, *more: str) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{"".join(more)}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts: bytes, end: bytes = b"--edge--\r\n") -> bytes:
    return b"".join(parts) + end


FIELD_PARTS = [part(name, value.encode()) for name, value in FIELDS.items()]
DATA_PART = part("data", TEXT, '; filename="a.txt"')


def send(api: Api, body: Any, *, media: str = f"multipart/form-data; boundary={BOUNDARY}", **options: Any) -> Any:
    return api.call("POST", "/datasets/upload", content=body, headers={"Content-Type": media}, **options)


def message(response: Any, status: int = 400) -> str:
    assert response.status_code == status, response.text
    return response.json()["message"]


def test_an_upload_becomes_a_dataset(versioned):
    made = versioned.call("POST", "/datasets/upload", data=FIELDS | {"description": "d"}, files={"data": TEXT}).json()

    shown = versioned.done(made)
    assert (made["status"], made["links"]) == ("NotStarted", {"files": f"{made['self']}/files"})
    assert (shown["status"], shown["description"]) == ("Succeeded", "d")
    assert shown["properties"]["acceptedLineCount"] == 2
    assert ("textNormalizationKind" in shown["properties"]) == (versioned.version == "v3.2")


def test_the_parts_of_a_form_come_in_any_order(sqlite_api):
    for parts in ([DATA_PART, *FIELD_PARTS], [*FIELD_PARTS, DATA_PART], [*FIELD_PARTS[::-1], DATA_PART]):
        made = send(sqlite_api, form(*parts))

        assert sqlite_api.done(made.json())["properties"]["acceptedLineCount"] == 2


def test_what_a_part_says_of_itself_is_not_believed(sqlite_api):
    lie = part("data", TEXT, '; filename="../../etc/passwd"\r\nContent-Type: application/zip')

    made = send(sqlite_api, form(*FIELD_PARTS, lie)).json()

    assert sqlite_api.done(made)["properties"]["acceptedLineCount"] == 2
    names = [file["name"] for file in sqlite_api.get(f"{made['self']}/files").json()["values"]]
    assert names == ["language_data.txt", "report.json"]


def test_an_upload_belongs_to_a_project(sqlite_api):
    project = sqlite_api.project()

    made = sqlite_api.dataset(TEXT, "Language", project=project["self"])

    assert made["project"] == reference(project)


def test_every_missing_field_is_named(sqlite_api):
    for missing in FIELDS:
        parts = [part(name, value.encode()) for name, value in FIELDS.items() if name != missing]
        assert f"'{missing}'" in message(send(sqlite_api, form(*parts, DATA_PART)))
    assert "'data'" in message(send(sqlite_api, form(*FIELD_PARTS)))


def test_two_files_in_a_form_are_one_too_many(sqlite_api):
    assert "more than one part 'data'" in message(send(sqlite_api, form(*FIELD_PARTS, DATA_PART, DATA_PART)))


@pytest.mark.parametrize("cut", [1, 10, 60, 200, len(form(*FIELD_PARTS, DATA_PART)) - 3])
def test_a_form_that_ends_too_early_is_refused(sqlite_api, cut):
    assert send(sqlite_api, form(*FIELD_PARTS, DATA_PART)[:cut]).status_code == 400
    assert list((sqlite_api.bench.ctx.scratch / "incoming").glob("*")) == []


@pytest.mark.parametrize(
    "body", [b"", b"no form", b"--edge\r\n\r\n", b"--edge\r\nX\r\n\r\n", form(b"--edge\r\n\r\nheadless\r\n")]
)
def test_what_is_no_form_is_refused(sqlite_api, body):
    assert send(sqlite_api, body).status_code == 400


@pytest.mark.parametrize(
    "media",
    ["multipart/form-data", "application/json", "text/plain; boundary=edge", "", "multipart/form-data; boundary="],
)
def test_a_form_needs_its_content_type_and_boundary(sqlite_api, media):
    assert send(sqlite_api, form(*FIELD_PARTS, DATA_PART), media=media).status_code in (400, 415)


def test_a_boundary_as_long_as_a_letter_breaks_nothing(sqlite_api):
    assert send(sqlite_api, b"x", media=f"multipart/form-data; boundary={'b' * 5_000}").status_code == 400


def test_headers_of_a_part_have_an_end(sqlite_api):
    endless = b"--edge\r\nContent-Disposition: form-data; name=" + b"x" * 200_000

    assert send(sqlite_api, endless).status_code == 400


@pytest.mark.parametrize("value", [b"\xff", b"a\x00b", b"x" * 70_000])
@pytest.mark.parametrize("name", ["displayName", "description", "locale", "kind", "project", "customProperties"])
def test_a_field_that_cannot_be_kept_is_refused(api, name, value):
    parts = [part(field, text.encode()) for field, text in FIELDS.items() if field != name]

    assert send(api, form(*parts, part(name, value), DATA_PART)).status_code == 400


@pytest.mark.parametrize("text", ["[" * 60_000, '{"a": 1}', "[]", "{", '{"\\ud800": "x"}', '{"a": "\\u0000"}', '"x"'])
def test_custom_properties_of_a_form_are_a_map_of_strings(sqlite_api, text):
    response = send(sqlite_api, form(*FIELD_PARTS, part("customProperties", text.encode()), DATA_PART))

    assert "customProperties" in message(response)


def test_custom_properties_of_a_form_are_kept(sqlite_api):
    made = sqlite_api.dataset(TEXT, "Language", customProperties='{"PortalAPIVersion": "3"}')

    assert made["customProperties"] == {"PortalAPIVersion": "3"}


def test_an_empty_file_fails_with_its_reason(sqlite_api):
    made = sqlite_api.dataset(b"", "Language")

    assert (made["status"], made["properties"]["error"]["code"]) == ("Failed", "EmptyFile")


def test_a_file_larger_than_the_limit_is_refused_while_it_comes(sqlite_api):
    response = send(sqlite_api.under(max_upload_bytes=1_000), form(*FIELD_PARTS, part("data", b"x" * 1_001)))

    assert response.status_code == 413
    assert list((sqlite_api.bench.ctx.scratch / "incoming").glob("*")) == []


def test_of_an_upload_that_was_refused_nothing_is_left(sqlite_api):
    send(sqlite_api, form(*FIELD_PARTS[:2], part("kind", b"Noise"), DATA_PART))
    send(sqlite_api, form(*FIELD_PARTS, part("project", b"http://h/projects/x"), DATA_PART))

    assert sqlite_api.get("/datasets").json() == {"values": []}
    assert list((sqlite_api.bench.ctx.scratch / "incoming").glob("*")) == []
    assert list((sqlite_api.bench.folder / "blobs").rglob("*.*")) == []


# blocks


def shell(api: Api, **members: Any) -> Any:
    return api.make("datasets", kind="Language", **members)


def put(api: Api, dataset: Any, number: int | str, content: bytes) -> Any:
    name = number if isinstance(number, str) else base64.b64encode(f"{number:04}".encode()).decode()
    return api.call("PUT", dataset["links"]["uploadBlocks"], params={"blockid": name}, content=content)


def block_ids(*numbers: int) -> list[dict[str, str]]:
    return [{"kind": "Latest", "id": base64.b64encode(f"{number:04}".encode()).decode()} for number in numbers]


def test_blocks_are_put_listed_committed_and_then_imported(versioned):
    made = shell(versioned)
    assert put(versioned, made, 1, b"the second line\n").status_code == 201
    first = put(versioned, made, 0, b"the first line\n")
    assert (first.status_code, first.content) == (201, b"")

    listed = versioned.get(made["links"]["listBlocks"]).json()
    committed = versioned.post(made["links"]["commitBlocks"], block_ids(1, 0))

    assert listed == {"uncommittedBlocks": [{"name": "MDAwMA==", "size": 15}, {"name": "MDAwMQ==", "size": 16}]}
    assert (committed.status_code, committed.content) == (200, b"")
    shown = versioned.done(made)
    assert (shown["properties"]["acceptedLineCount"], shown["links"]) == (2, {"files": f"{made['self']}/files"})
    data = versioned.get(f"{made['self']}/files").json()["values"][0]
    assert versioned.get(data["links"]["contentUrl"]).text.splitlines()[-1] == "the first line"


def test_an_empty_content_url_waits_for_blocks(sqlite_api):
    made = shell(sqlite_api, contentUrl="", description="")

    assert "uploadBlocks" in made["links"]
    assert not {"contentUrl", "description"} & set(made)
    assert sqlite_api.bench.claim() is None


def test_a_dataset_with_data_takes_no_blocks(sqlite_api):
    made = shell(sqlite_api)
    put(sqlite_api, made, 0, TEXT)
    sqlite_api.post(made["links"]["commitBlocks"], block_ids(0))

    for response in (put(sqlite_api, made, 0, TEXT), sqlite_api.post(made["links"]["commitBlocks"], block_ids(0))):
        assert response.status_code == 409
        assert response.json()["code"] == "Conflict"


def test_a_commit_names_only_blocks_that_are_there(sqlite_api):
    made = shell(sqlite_api)
    put(sqlite_api, made, 0, TEXT)

    for body in ([], block_ids(0, 1), [{"kind": "Newest", "id": "AAAA"}], [{"id": "MDAwMA=="}], {}):
        assert sqlite_api.post(made["links"]["commitBlocks"], body).status_code == 400
    assert sqlite_api.get(made["self"]).json()["status"] == "NotStarted"


@pytest.mark.parametrize("name", ["%%%", "AAA", "A" * 200, "\x00\x00", "AAAAAAAAAA=="])
def test_the_id_of_a_block_is_checked(sqlite_api, name):
    made = shell(sqlite_api)
    put(sqlite_api, made, 0, TEXT)

    assert put(sqlite_api, made, name, TEXT).status_code == 400


def test_a_block_needs_an_id_and_content(sqlite_api):
    made = shell(sqlite_api)

    assert "blockid" in message(sqlite_api.call("PUT", made["links"]["uploadBlocks"], content=TEXT))
    assert "empty" in message(put(sqlite_api, made, 0, b""))


def test_a_block_of_more_than_8_mib_is_refused(sqlite_api):
    made = shell(sqlite_api)

    assert put(sqlite_api, made, 0, b"x" * (8 * 1024 * 1024)).status_code == 201
    assert put(sqlite_api, made, 1, b"x" * (8 * 1024 * 1024 + 1)).status_code == 413


def test_audio_is_uploaded_with_its_transcript(versioned):
    shown = versioned.dataset(acoustic({0: "Please send a gasket."}), "Acoustic")

    assert shown["properties"]["duration"] == "PT2S"
    kinds = {file["name"]: file["kind"] for file in versioned.get(shown["links"]["files"]).json()["values"]}
    assert kinds == {
        "0.wav": "Audio",
        "trans.txt": "AcousticDataTranscriptionV2",
        "report.json": "DatasetReport",
        "archive.zip": "AcousticDataArchive",
    }
