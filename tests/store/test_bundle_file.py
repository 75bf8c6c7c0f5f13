"""A bundle is its manifest and what follows from it; every other byte is refused."""

import hashlib
import json
import random
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

import bundled
from bundled import BLOCK, FILES, forged, header, member
from speechsmith.domain.errors import Invalid
from speechsmith.services import bundles
from speechsmith.store import bundle_file
from speechsmith.store.bundle_file import inspect


@pytest.fixture
def good(tmp_path):
    return bundled.bundle(tmp_path)


@pytest.fixture
def refused(tmp_path):
    """Inspect these bytes; the code of the refusal, which is a sentence too."""

    def look(data: bytes) -> str:
        path = tmp_path / "hostile.tar"
        path.write_bytes(data)
        with pytest.raises(Invalid) as caught:
            inspect(path)
        assert caught.value.message.endswith(".")
        assert len(caught.value.message) < 400
        return caught.value.code

    return look


def test_a_bundle_says_what_it_holds(good):
    manifest = inspect(good)

    assert (manifest.display_name, manifest.locale, manifest.version) == ("clinic", "en-US", 1)
    assert manifest.made == bundled.MADE
    assert {file.name: (file.size, file.sha256) for file in manifest.files} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in FILES.items()
    }


def test_any_program_that_reads_tar_reads_it(good, tmp_path):
    names = ["manifest.json", "manifest.sha256", *FILES]
    with tarfile.open(good) as archive:
        assert archive.getnames() == names
        assert all(archive.extractfile(name).read() == content for name, content in FILES.items())

    done = subprocess.run(["tar", "xvf", good], cwd=tmp_path, capture_output=True, check=True, text=True)

    assert (done.stdout.split(), done.stderr) == (names, "")
    assert (tmp_path / "model" / "acoustic" / "means").read_bytes() == FILES["model/acoustic/means"]
    subprocess.run(["sha256sum", "-c", "--quiet", "manifest.sha256"], cwd=tmp_path, check=True)


def test_the_forger_of_these_tests_can_make_an_honest_bundle(good, tmp_path):
    (tmp_path / "same.tar").write_bytes(forged(good))

    assert inspect(tmp_path / "same.tar") == inspect(good)


def test_the_same_model_gives_the_same_bytes(good, tmp_path):
    (tmp_path / "later").mkdir()

    assert bundled.bundle(tmp_path / "later").read_bytes() == good.read_bytes()


def test_a_folder_is_known_by_names_and_contents_as_sha256sum_prints_them(tmp_path):
    folder = tmp_path / "base"
    (folder / "en").mkdir(parents=True)
    (folder / "lm.bin").write_bytes(b"two")
    (folder / "en" / "means").write_bytes(b"one")
    printed = subprocess.run(["sha256sum", "en/means", "lm.bin"], cwd=folder, capture_output=True, check=True)

    assert bundle_file.folder_digest(folder) == hashlib.sha256(printed.stdout).hexdigest()


def test_what_cannot_be_written_leaves_what_was_there(good, tmp_path):
    before, manifest = good.read_bytes(), inspect(good)
    sources = {name: tmp_path / "sources" / name for name in FILES}
    (tmp_path / "sources" / "report.json").unlink()

    with pytest.raises(FileNotFoundError):
        bundle_file.write(good, manifest, sources)

    assert good.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_no_bundle_may_hold_is_not_bundled(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    sources = dict.fromkeys(("digests.txt", "report.json", "model/a b"), tmp_path / "x")

    with pytest.raises(Invalid, match="'model/a b' is none for a file of a bundle") as caught:
        bundle_file.described(sources)

    assert caught.value.code == "InvalidModel"


def test_wherever_a_bundle_is_cut_it_is_refused(good, refused):
    whole = good.read_bytes()
    cuts = {0, 1, len(whole) - 1, *range(0, len(whole), BLOCK), *range(BLOCK - 1, len(whole), BLOCK)}

    codes = {cut: refused(whole[:cut]) for cut in cuts}

    assert {code for cut, code in codes.items() if cut >= BLOCK} == {"BundleDamaged"}
    assert {code for cut, code in codes.items() if cut < BLOCK} == {"InvalidBundle"}


def test_whichever_byte_of_a_bundle_is_altered_it_is_refused(good, refused):
    whole, rng = good.read_bytes(), random.Random(1)

    codes = set()
    for at in rng.sample(range(len(whole)), 500):
        altered = bytearray(whole)
        altered[at] ^= 1 << rng.randrange(8)
        codes.add(refused(bytes(altered)))

    assert codes <= {"BundleDamaged", "InvalidBundle", "BundleTooLarge"}


@pytest.mark.parametrize("tail", [b"\0", b"x", bytes(BLOCK), member("model/more", b"x") + bytes(2 * BLOCK)])
def test_nothing_may_follow_the_end(good, refused, tail):
    assert refused(good.read_bytes() + tail) == "BundleDamaged"


@pytest.mark.parametrize("data", [b"", b"PK\3\4" * 300, bytes(4 * BLOCK), b"{}", b"\x1f\x8b" * 600])
def test_what_is_no_bundle_is_called_so(refused, data):
    assert refused(data) == "InvalidBundle"


def test_an_honest_tar_of_something_else_is_no_bundle(refused):
    assert refused(member("manifest.json.bak", b"{}") + bytes(2 * BLOCK)) == "InvalidBundle"


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"5", b"7", b"x", b"g", b"L", b"S", b"\0"])
def test_a_link_a_device_a_folder_or_an_extension_is_refused(good, refused, kind):
    whole = good.read_bytes()
    honest = header("model/words.txt", 6)
    assert whole.count(honest) == 1

    assert refused(whole.replace(honest, header("model/words.txt", 6, kind=kind, link=b"/etc/passwd"))) == (
        "BundleDamaged"
    )


def test_a_member_of_another_name_or_size_than_the_manifest_says_is_refused(good, refused):
    whole, honest = good.read_bytes(), header("model/words.txt", 6)

    for other in (header("../words.txt", 6), header("model/words.txt", 5), header("model/words.txt", 8**10)):
        assert refused(whole.replace(honest, other)) == "BundleDamaged"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {name: FILES[name] for name in list(FILES)[1:]},
        FILES | {"model/words.txt": b"torx!!"},
        FILES | {"report.json": b"{}x"},
        {"digests.txt": b"", "extra": b"x"} | FILES,
        dict(reversed(FILES.items())),
    ],
)
def test_files_that_are_not_those_of_the_manifest_are_refused(good, refused, members):
    assert refused(forged(good, members=members)) == "BundleDamaged"


NAMES = [
    "../evil",
    "/etc/passwd",
    "model/../../evil",
    "model/..",
    "model/",
    "model",
    "model//x",
    "model/.ssh",
    "model/-rf",
    "model\\x",
    "C:x",
    "model/a\0b",
    "model/a\nb",
    "model/é",
    "model/" + "x" * 95,
    "manifest.json",
    "other.txt",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_lead_anywhere_else_is_refused(good, refused, name):
    def rename(manifest):
        manifest["files"][1]["name"] = name
        manifest["files"].sort(key=lambda file: file["name"])

    contents = {name if at == 1 else old: content for at, (old, content) in enumerate(FILES.items())}

    assert refused(forged(good, rename, members=dict(sorted(contents.items())))) == "InvalidBundle"


@pytest.mark.parametrize(
    "names",
    [
        ["digests.txt", "model/a", "model/a", "report.json"],
        ["digests.txt", "model/Ab", "model/aB", "report.json"],
        ["digests.txt", "model/a", "model/a/b", "report.json"],
        ["digests.txt", "model/b", "model/a", "report.json"],
        ["digests.txt", "digests.txt", "model/a", "report.json"],
        ["model/a", "model/b", "model/c", "report.json"],
        ["digests.txt", "model/a", "model/b", "model/c"],
    ],
)
def test_a_name_that_is_there_twice_and_a_file_that_is_missing_are_refused(good, refused, names):
    def rename(manifest):
        for file, name in zip(manifest["files"], names, strict=True):
            file["name"] = name

    data = forged(good, rename, members={})

    assert refused(data) == "InvalidBundle"


def test_a_bundle_without_a_file_of_the_model_is_refused(good, refused):
    def strip(manifest):
        manifest["files"] = [file for file in manifest["files"] if not file["name"].startswith("model")]

    assert refused(forged(good, strip, members={"digests.txt": b"", "report.json": b"{}"})) == "InvalidBundle"


@pytest.mark.parametrize("size", [-1, 1.5, "6", True, None, 2**70, 8**11])
def test_a_size_that_is_none_is_refused(good, refused, size):
    def resize(manifest):
        manifest["files"][1]["size"] = size

    assert refused(forged(good, resize)) in {"InvalidBundle", "BundleTooLarge"}


def test_too_many_and_too_large_files_are_refused_before_any_is_read(good, refused):
    def multiply(manifest):
        manifest["files"] *= 300

    def grow(manifest):
        manifest["files"][1]["size"] = bundle_file.MAX_BYTES + 1

    assert refused(forged(good, multiply)) == "BundleTooLarge"
    assert refused(forged(good, grow)) == "BundleTooLarge"
    assert refused(header("manifest.json", bundle_file.MAX_MANIFEST_BYTES + 1)) == "BundleTooLarge"


@pytest.mark.parametrize("version", [0, 2, "1", None, [1], "9" * 1000])
def test_a_version_that_is_not_known_is_called_so(good, refused, version):
    assert refused(forged(good, lambda manifest: manifest.update(version=version, news=1))) == "UnknownBundleVersion"


@pytest.mark.parametrize(
    "change",
    [
        {"format": "speechsmith voice"},
        {"unknown": 1},
        {"displayName": None},
        {"displayName": 1},
        {"displayName": "a\0b"},
        {"customProperties": {"a": 1}},
        {"customModelWeightPercent": 0},
        {"customModelWeightPercent": 101},
        {"made": "yesterday"},
        {"made": "2025-01-01T00:00:00"},
        {"base": {}},
        {"base": {"engine": "x", "released": "x", "sha256": "x"}},
        {"training": []},
        {"files": {}},
        {"files": [{"name": "digests.txt", "sha256": "A" * 64, "size": 0}]},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(good, refused, change):
    assert refused(forged(good, lambda manifest: manifest.update(change))) == "InvalidBundle"


def test_a_manifest_that_lacks_a_member_is_refused(good, refused):
    for name in json.loads(inspect(good).encoded()):
        expected = "UnknownBundleVersion" if name == "version" else "InvalidBundle"
        assert refused(forged(good, lambda manifest, name=name: manifest.pop(name))) == expected


@pytest.mark.parametrize("head", [b"", b"x", b"[]", b"[" * 100_000, b"\xff", b'{"format": "\\ud800"}', b"1" * 10_000])
def test_a_manifest_that_is_no_document_is_refused(good, refused, head):
    assert refused(forged(good, head=head)) == "InvalidBundle"


def test_a_manifest_nested_without_end_is_refused(good, refused):
    manifest = inspect(good).encoded().replace(b'"seed": 0', b'"seed": ' + b"[" * 900 + b"]" * 900)

    assert refused(forged(good, head=manifest)) == "InvalidBundle"


def test_a_bundle_that_is_replaced_while_it_is_read_is_refused(good, tmp_path):
    manifest = inspect(good)
    bundled.bundle(tmp_path, display_name="another")

    with pytest.raises(Invalid, match="another was put in its place"):
        list(bundle_file.unpack(good, manifest, tmp_path / "part"))


def test_every_code_of_a_refusal_stands_in_the_reference():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "bundles.md").read_text(encoding="utf-8")
    sources = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (bundle_file, bundles))

    codes = set(re.findall(r'Invalid\(\s*"(\w+)"', sources))

    assert len(codes) == 6
    assert [code for code in codes if f"| `{code}` |" not in page] == []
