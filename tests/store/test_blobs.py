"""Blobs, in a local folder and in an object store."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from speechsmith.store.blobs import Blobs, group_of, safe_name


@pytest.fixture(params=["local", "remote"])
def blobs(request, tmp_path):
    return Blobs(str(tmp_path / "blobs") if request.param == "local" else "memory:///", tmp_path / "cache")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(bytes(range(256)) * 5000)
    return path


def test_a_blob_comes_back_as_it_was_whole_and_in_part(blobs, source):
    content = source.read_bytes()

    assert blobs.put("a/b/c/1/x", source) == len(content)

    assert blobs.path("a/b/c/1/x").read_bytes() == content
    assert b"".join(blobs.read("a/b/c/1/x", 1000, 1_200_000)) == content[1000 : 1000 + 1_200_000]
    with pytest.raises(FileNotFoundError):
        blobs.path("a/b/c/1/y")


def test_what_is_kept_is_gone_from_where_it_was(blobs, source):
    blobs.put("a/b/c/1/x", source)

    assert not source.exists()


def test_threads_that_want_the_same_blob_at_once_all_get_it(blobs, source, tmp_path):
    content = source.read_bytes()
    blobs.put("a/b/c/1/x", source)

    for _ in range(20):
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: blobs.path("a/b/c/1/x"), range(8)))

        assert {path.read_bytes() for path in found} == {content}
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)


def test_a_folder_comes_back_with_all_its_files(blobs, tmp_path):
    for name in ("one", "deep/two"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(name, encoding="utf-8")

    assert blobs.put_tree("r/models/m/1/model", tmp_path / "tree") == {"deep/two": 8, "one": 3}

    assert (blobs.folder("r/models/m/1/model") / "deep" / "two").read_text(encoding="utf-8") == "deep/two"
    assert sorted(blobs.keys("r/models/m")) == ["r/models/m/1/model/deep/two", "r/models/m/1/model/one"]


@pytest.mark.parametrize("prefix", ["r/d/e", "r/d/e/1", "r/d/e/1/x"])
def test_a_purge_takes_a_prefix_or_one_blob_and_leaves_its_neighbours(blobs, tmp_path, prefix):
    for key in ("r/d/e/1/x", "r/d/e2/1/x"):
        (tmp_path / "source").write_bytes(b"x")
        blobs.put(key, tmp_path / "source")
        blobs.path(key)

    blobs.purge(prefix)
    blobs.purge(prefix)  # and nothing happens

    assert blobs.keys("r") == ["r/d/e2/1/x"]
    with pytest.raises(FileNotFoundError):
        blobs.path("r/d/e/1/x")


def test_groups_are_the_attempts_of_entities_with_the_time_of_their_newest(blobs, source, tmp_path):
    os.utime(source, (0, 0))  # its bytes were made long ago
    blobs.put("r/d/e/1/x/y", source)
    (tmp_path / "other").write_bytes(b"x")
    blobs.put("r/d/e/upload", tmp_path / "other")

    groups = blobs.groups()

    assert set(groups) == {"r/d/e/1", "r/d/e/upload"}
    for newest in groups.values():
        assert abs(newest - datetime.now(UTC)) < timedelta(minutes=5)


def test_half_a_blob_has_another_name(tmp_path, source, monkeypatch):
    blobs = Blobs(str(tmp_path / "blobs"), tmp_path / "cache")
    monkeypatch.setattr(os, "fsync", _power_cut)

    with pytest.raises(RuntimeError):
        blobs.put("r/d/e/1/x", source)

    with pytest.raises(FileNotFoundError):
        blobs.path("r/d/e/1/x")


def test_names_from_outside_become_safe_and_stay_distinct():
    assert safe_name("a-b_c.wav") == "a-b_c.wav"
    names = ["../x", "..", "größe.wav", "grösse.wav", "a/b", "a\\b", ".hidden", "x" * 300]
    safe = [safe_name(name) for name in names]
    assert len({*safe}) == len(names)
    assert all(not name.startswith(".") and "/" not in name and "\\" not in name and len(name) < 80 for name in safe)


def test_a_group_is_four_parts_of_a_key():
    assert group_of("r/d/e/1/x/y") == "r/d/e/1"
    assert group_of("r/d/e/upload") == "r/d/e/upload"


def _power_cut(descriptor: int) -> None:
    raise RuntimeError
