"""Files: listed with links that need no key, that end, and that open one file alone."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from caller import reference

from bench import speech
from uploads import zipped

TEXT = b"the first line\nthe second line\n"


@pytest.fixture
def dataset(sqlite_api):
    return sqlite_api.dataset(TEXT, "Language")


@pytest.fixture
def link(sqlite_api, dataset):
    """The link of its text."""
    return sqlite_api.get(dataset["links"]["files"]).json()["values"][0]["links"]["contentUrl"]


def changed(link: str, **query: str) -> str:
    parts = urlsplit(link)
    members = {name: values[0] for name, values in parse_qs(parts.query).items()} | query
    return parts._replace(query=urlencode(members)).geturl()


def test_a_link_needs_no_key_and_names_the_file(sqlite_api, link):
    response = sqlite_api.without_key().get(link)

    assert response.status_code == 200
    assert response.text.splitlines() == TEXT.decode().splitlines()
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''language_data.txt"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["accept-ranges"] == "bytes"


def test_a_file_is_shown_alone_as_in_the_list(versioned):
    dataset = versioned.dataset(TEXT, "Language")
    listed = versioned.get(dataset["links"]["files"]).json()["values"]

    for file in listed:
        alone = versioned.get(file["self"]).json()
        assert {**alone, "links": 0} == {**file, "links": 0}
        assert len(versioned.get(alone["links"]["contentUrl"]).content) == file["properties"]["size"]


def test_files_are_paged_with_all_that_was_asked(sqlite_api, dataset):
    first = sqlite_api.get(f"{dataset['links']['files']}?top=1&sasValidityInSeconds=7").json()
    second = sqlite_api.get(first["@nextLink"]).json()

    assert [len(page["values"]) for page in (first, second)] == [1, 1]
    assert "sasValidityInSeconds=7" in first["@nextLink"]
    assert "@nextLink" not in second
    assert first["values"][0]["self"] != second["values"][0]["self"]


@pytest.mark.parametrize("query", [{"sig": "x"}, {"sig": ""}, {"se": "9999999999"}, {"se": "x"}, {"se": ""}])
def test_a_link_that_was_changed_opens_nothing(sqlite_api, link, query):
    assert sqlite_api.get(changed(link, **query)).status_code == 403


def test_a_link_without_its_signature_opens_nothing(sqlite_api, link):
    assert sqlite_api.get(link.partition("?")[0]).status_code == 403
    assert sqlite_api.get(f"{link}&sig=x").status_code == 403


def test_a_link_opens_no_other_file(sqlite_api, dataset, link):
    other = sqlite_api.get(dataset["links"]["files"]).json()["values"][1]["links"]["contentUrl"]

    assert sqlite_api.get(f"{other.partition('?')[0]}?{link.partition('?')[2]}").status_code == 403


def test_a_link_ends(sqlite_api, dataset):
    file = sqlite_api.get(f"{dataset['links']['files']}?sasValidityInSeconds=60").json()["values"][0]
    clock = sqlite_api.bench.clock
    assert sqlite_api.get(file["links"]["contentUrl"]).status_code == 200

    clock.time = clock.time.replace(minute=clock.time.minute + 2)

    response = sqlite_api.get(file["links"]["contentUrl"])
    assert response.status_code == 403
    assert "expired" in response.json()["error"]["message"]


def test_a_link_dies_with_its_entity(sqlite_api, dataset, link):
    sqlite_api.delete(dataset["self"])

    assert sqlite_api.get(link).status_code == 404


@pytest.mark.parametrize("seconds", ["-1", "x", "1.5", "315360001", "99999999999", "1" * 5_000])
def test_the_life_of_a_link_has_bounds(sqlite_api, dataset, seconds):
    response = sqlite_api.get(dataset["links"]["files"], params={"sasValidityInSeconds": seconds})

    assert response.status_code == 400
    assert response.json()["target"] == "sasValidityInSeconds"
    assert response.json()["innerError"]["code"] == "InvalidSasValidityDuration"
    assert "from 0 to 315360000" in response.json()["message"]


def test_a_link_without_a_signature_is_for_files_in_the_users_own_storage_alone(sqlite_api, dataset, container):
    wish = {"destinationContainerUrl": container.url(sp="w")}
    recordings = sqlite_api.dataset(zipped({"call.wav": speech(2)}), "AudioFiles")
    theirs = sqlite_api.done(sqlite_api.make("transcriptions", dataset=reference(recordings), properties=wish))

    plain = sqlite_api.get(f"{theirs['links']['files']}?sasValidityInSeconds=0").json()["values"]
    for address in (dataset["links"]["files"], sqlite_api.get(dataset["links"]["files"]).json()["values"][0]["self"]):
        refused = sqlite_api.get(f"{address}?sasValidityInSeconds=0")
        assert (refused.status_code, refused.json()["innerError"]["code"]) == (400, "InvalidSasValidityDuration")
        assert "which only files in your own storage have" in refused.json()["message"]

    assert [file["links"]["contentUrl"].rpartition("/")[2] for file in plain] == ["call.wav.json", "report.json"]
    assert sqlite_api.get(f"{plain[0]['self']}?sasValidityInSeconds=0").json() == plain[0]


@pytest.mark.parametrize("seconds", ["1", "43200", "315360000"])
def test_a_link_lives_as_long_as_was_asked(sqlite_api, dataset, seconds):
    file = sqlite_api.get(dataset["links"]["files"], params={"sasValidityInSeconds": seconds}).json()["values"][0]

    ends = int(parse_qs(urlsplit(file["links"]["contentUrl"]).query)["se"][0])
    assert ends - sqlite_api.bench.clock.time.timestamp() == pytest.approx(int(seconds), abs=10)


@pytest.mark.parametrize(
    ("wished", "start", "end"), [("0-3", 0, 4), ("4-", 4, None), ("-5", -5, None), ("2-2", 2, 3), ("0-99999", 0, None)]
)
def test_a_part_of_a_file(sqlite_api, link, wished, start, end):
    whole = sqlite_api.get(link).content

    response = sqlite_api.get(link, headers={"Range": f"bytes={wished}"})

    part = whole[start:end]
    first = start % len(whole)
    assert (response.status_code, response.content) == (206, part)
    assert response.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
    assert response.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("wished", ["99999-", "5-2", "-0", "-"])
def test_a_part_that_is_not_there(sqlite_api, link, wished):
    response = sqlite_api.get(link, headers={"Range": f"bytes={wished}"})

    assert response.status_code == 416
    assert response.headers["content-range"].startswith("bytes */")


@pytest.mark.parametrize("wished", ["bytes=0-1,3-4", "lines=0-1", "bytes", "", f"bytes=0-{'9' * 5_000}"])
def test_a_range_that_is_not_understood_gets_the_whole(sqlite_api, link, wished):
    assert sqlite_api.get(link, headers={"Range": wished}).status_code == 200


def test_a_file_belongs_to_its_entity_alone(sqlite_api, dataset):
    other = sqlite_api.dataset(TEXT, "Language")
    file = sqlite_api.get(dataset["links"]["files"]).json()["values"][0]["self"].rpartition("/")[2]

    assert sqlite_api.get(f"{other['self']}/files/{file}").status_code == 404
    assert sqlite_api.get(f"{dataset['self'].replace('datasets', 'models')}/files/{file}").status_code == 404
