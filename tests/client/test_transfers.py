"""Data in, files out, and waiting: what survives a service that comes and goes."""

import base64
import hashlib
import os
from urllib.parse import quote

import pytest

from client.service import Answer
from speechsmith.client import resources, uploads
from speechsmith.client.errors import ClientError, ServiceError, Unreachable, UploadStopped, WaitedTooLong

API = "/speechtotext/v3.2"
SET = f"{API}/datasets/d1"


def nothing(*_):
    pass


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "calls.zip"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture
def small_blocks(monkeypatch):
    """Four bytes a block, and every upload in blocks: the rules are the same for eight million."""
    monkeypatch.setattr(uploads, "BLOCK_BYTES", 4)
    monkeypatch.setattr(resources, "ONE_SHOT_BYTES", 0)


def block(number: int, content: bytes) -> str:
    return base64.b64encode(f"{number:06}-{hashlib.sha256(content).hexdigest()[:16]}".encode()).decode()


def put(number: int, content: bytes) -> str:
    return f"{SET}/blocks?blockid={quote(block(number, content), safe='')}"


def upload(client, data, **more):
    made = {"display_name": "Calls", "locale": "en-US", "kind": "Acoustic", "seen": nothing} | more
    return client.datasets.upload(data, **made)


def test_a_small_file_goes_in_one_form_with_the_fields_before_the_data(service, client, data):
    service.on("POST", f"{API}/datasets/upload", Answer({"self": "x"}, 201))

    upload(client, data, project="p1", description="ü")

    body = service.asked[0].body
    names = [part.split(b'name="')[1].split(b'"')[0].decode() for part in body.split(b"--")[1:] if b'name="' in part]
    assert names == ["project", "kind", "locale", "displayName", "description", "data"]
    assert service.url(f"{API}/projects/p1").encode() in body
    assert b'filename="calls.zip"\r\nContent-Type: application/zip\r\n\r\n0123456789\r\n' in body
    assert len(body) == int(service.asked[0].headers["Content-Length"])


def test_text_is_sent_as_text(service, client, data):
    service.on("POST", f"{API}/datasets/upload", Answer({}, 201))

    upload(client, data, kind="Language")

    assert b"Content-Type: text/plain" in service.asked[0].body


def test_a_big_file_goes_in_blocks_that_are_committed_in_order(service, client, data, small_blocks):
    contents = [b"0123", b"4567", b"89"]
    service.on("POST", f"{API}/datasets", Answer({"self": f"http://inside{SET}"}, 201))
    service.on("GET", f"{SET}/blocks", Answer({}))
    for number, content in enumerate(contents):
        service.on("PUT", put(number, content), Answer(None, 201))
    service.on("POST", f"{SET}/blocks:commit", Answer(None))
    service.on("GET", SET, Answer({"status": "Running"}))
    seen = []

    made = upload(client, data, seen=lambda done, total: seen.append((done, total)))

    assert made == {"status": "Running"}
    assert [asked.body for asked in service.asked if asked.method == "PUT"] == contents
    assert service.asked[-2].json == [{"kind": "Latest", "id": block(n, part)} for n, part in enumerate(contents)]
    assert seen == [(4, 10), (8, 10), (10, 10)]
    assert len({len(block(n, part)) for n, part in enumerate(contents)}) == 1
    assert all(len(base64.b64decode(block(n, part))) <= 64 for n, part in enumerate(contents))


def test_a_property_that_the_form_lacks_sends_the_data_in_blocks(service, client, data):
    service.on("POST", f"{API}/datasets", Answer({"self": f"http://inside{SET}"}, 201))

    with pytest.raises(ServiceError):
        upload(client, data, properties={"textNormalizationKind": "None"})

    assert service.asked[0].json["properties"] == {"textNormalizationKind": "None"}


def test_blocks_that_are_there_are_not_sent_again_but_changed_ones_are(service, client, data, small_blocks):
    listed = {"uncommittedBlocks": [{"name": block(0, b"0123"), "size": 4}, {"name": block(1, b"old!"), "size": 4}]}
    service.on("GET", f"{SET}/blocks", Answer(listed))
    service.on("PUT", put(1, b"4567"), Answer(None, 201))
    service.on("PUT", put(2, b"89"), Answer(None, 201))
    service.on("POST", f"{SET}/blocks:commit", Answer(None))
    service.on("GET", SET, Answer({}))

    client.datasets.resume("d1", data, seen=nothing)

    assert [asked.body for asked in service.asked if asked.method == "PUT"] == [b"4567", b"89"]


def test_an_upload_that_cannot_go_on_says_with_which_dataset_to_resume(service, client, data, small_blocks, clock):
    service.on("GET", f"{SET}/blocks", Answer({}))
    service.on("PUT", put(0, b"0123"), Answer(None, 201))
    service.on("PUT", put(1, b"4567"), Answer(None, 503))

    with pytest.raises(UploadStopped, match="kept") as caught:
        client.datasets.resume("d1", data, seen=nothing)

    assert caught.value.dataset == service.url(SET)
    assert sum(clock.slept) > 15


def test_a_refused_block_is_the_service_speaking_and_is_not_tried_again(service, client, data, small_blocks, clock):
    service.on("GET", f"{SET}/blocks", Answer({}))
    service.on("PUT", put(0, b"0123"), Answer({"code": "InvalidRequest", "message": "No."}, 400))

    with pytest.raises(ServiceError, match="No"):
        client.datasets.resume("d1", data, seen=nothing)

    assert clock.slept == []


def file_entity(service, content=b"0123456789"):
    links = {"contentUrl": service.url("/content?sig=s")}
    return {
        "self": service.url(f"{SET}/files/f1"),
        "name": "r.json",
        "links": links,
        "properties": {"size": len(content)},
    }


def test_a_download_that_breaks_off_goes_on_where_it_was(service, client, tmp_path):
    whole = b"0123456789"
    service.on("GET", "/content?sig=s", Answer(whole, cut=4), Answer(whole, 206))

    client.download(file_entity(service), tmp_path / "r.json", seen=nothing)

    assert (tmp_path / "r.json").read_bytes() == whole
    assert [asked.headers.get("Range") for asked in service.asked] == [None, "bytes=4-"]
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_a_later_run_goes_on_with_what_an_earlier_one_left(service, client, tmp_path):
    service.on("GET", "/content?sig=s", Answer(b"0123456789", cut=4))
    with pytest.raises(Unreachable):
        client.download(file_entity(service), tmp_path / "r.json", seen=nothing)
    assert not (tmp_path / "r.json").exists()
    service.on("GET", "/content?sig=s", Answer(b"0123456789", 206))

    client.download(file_entity(service), tmp_path / "r.json", seen=nothing)

    assert (tmp_path / "r.json").read_bytes() == b"0123456789"
    assert service.asked[-1].headers["Range"] == "bytes=4-"


def test_a_server_that_knows_no_ranges_sends_everything_again(service, client, tmp_path):
    service.on("GET", "/content?sig=s", Answer(b"0123456789", cut=4), Answer(b"0123456789", 200))

    client.download(file_entity(service), tmp_path / "r.json", seen=nothing)

    assert (tmp_path / "r.json").read_bytes() == b"0123456789"


def test_a_file_of_another_size_than_promised_is_not_kept(service, client, tmp_path):
    service.on("GET", "/content?sig=s", Answer(b"0123"))

    with pytest.raises(ClientError, match="should have 10 bytes, but 4 came"):
        client.download(file_entity(service), tmp_path / "r.json", seen=nothing)

    assert [*tmp_path.iterdir()] == []


def test_a_bare_url_always_starts_anew(service, client, tmp_path):
    service.on("GET", "/raw", Answer(b"0123456789", cut=4), Answer(b"abcdefghij"))

    client.download_url(service.url("/raw"), tmp_path / "raw", seen=nothing)

    assert (tmp_path / "raw").read_bytes() == b"abcdefghij"
    assert [asked.headers.get("Range") for asked in service.asked] == [None, None]


def test_a_file_is_found_by_name_or_id(service, client):
    listed = {"self": service.url(f"{SET}/files/f1"), "name": "report.json"}
    service.on("GET", f"{SET}/files", Answer({"values": [listed]}))
    service.on("GET", f"{SET}/files/f1", Answer({"name": "report.json", "links": {}}))

    assert client.datasets.file("d1", "report.json") == client.datasets.file("d1", "f1")
    with pytest.raises(ServiceError, match=r"no file 'x'; there are: report\.json"):
        client.datasets.file("d1", "x")


def test_waiting_ends_when_the_entity_does(service, client, clock):
    states = [Answer({"status": state}, headers={"Retry-After": "5"}) for state in ("NotStarted", "Running", "Failed")]
    service.on("GET", f"{API}/models/m1", *states)
    seen = []

    final = client.models.wait("m1", timeout=60, seen=lambda entity: seen.append(entity["status"]))

    assert final == {"status": "Failed"}
    assert seen == ["NotStarted", "Running", "Failed"]
    assert clock.slept == [2.0, 2.0]  # five seconds were asked for; longer than two is of no use to anybody


def test_waiting_polls_no_faster_than_twice_a_second(service, client, clock):
    service.on("GET", f"{API}/models/m1", Answer({"status": "Running"}))

    with pytest.raises(WaitedTooLong, match="still Running after 10 s") as caught:
        client.models.wait("m1", timeout=10, seen=nothing)

    assert caught.value.entity == {"status": "Running"}
    assert clock.now == 10
    assert all(0.5 <= slept <= 2.0 for slept in clock.slept[:-1])


def test_waiting_outlives_a_restart_of_the_service_but_not_its_end(service, client, clock):
    gone = Answer(b"{}", cut=0)
    service.on("GET", f"{API}/models/m1", *[gone] * 9, Answer({"status": "Succeeded"}))
    assert client.models.wait("m1", timeout=600, seen=nothing)["status"] == "Succeeded"

    service.on("GET", f"{API}/models/m1", gone)
    start = clock.now
    with pytest.raises(Unreachable):
        client.models.wait("m1", timeout=600, seen=nothing)
    assert 60 < clock.now - start < 70


def test_an_interrupted_upload_says_how_to_go_on(service, client, data, small_blocks):
    def interrupted(done, total):
        raise KeyboardInterrupt

    service.on("GET", f"{SET}/blocks", Answer({}))
    service.on("PUT", put(0, b"0123"), Answer(None, 201))

    with pytest.raises(UploadStopped, match="interrupted") as caught:
        client.datasets.resume("d1", data, seen=interrupted)

    assert caught.value.dataset == service.url(SET)


def test_what_an_earlier_run_left_complete_is_not_fetched_again(service, client, tmp_path):
    service.on("GET", "/content?sig=s", Answer(b"0123456789", cut=4))
    with pytest.raises(Unreachable):
        client.download(file_entity(service), tmp_path / "r.json", seen=nothing)
    next(tmp_path.glob(".*.part")).write_bytes(b"0123456789")
    asked = len(service.asked)

    client.download(file_entity(service), tmp_path / "r.json", seen=nothing)

    assert (tmp_path / "r.json").read_bytes() == b"0123456789"
    assert len(service.asked) == asked


def test_a_commit_that_gets_no_answer_says_how_to_go_on_too(service, client, data, small_blocks):
    listed = {"uncommittedBlocks": [{"name": block(n, part)} for n, part in enumerate([b"0123", b"4567", b"89"])]}
    service.on("GET", f"{SET}/blocks", Answer(listed))
    service.on("POST", f"{SET}/blocks:commit", Answer(b"{}", cut=0))

    with pytest.raises(UploadStopped, match="broke off"):
        client.datasets.resume("d1", data, seen=nothing)


def test_a_download_does_not_take_the_place_of_a_device(service, client, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ClientError, match="is no file, and is not replaced by one"):
        client.download_url(service.url("/file"), tmp_path / "pipe", seen=lambda *_: None)

    assert (tmp_path / "pipe").is_fifo()
    assert service.asked == []
