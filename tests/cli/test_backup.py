"""`speechsmith backup`, `restore` and `upgrade`: a home goes into a file, and comes out as it was, or not at all."""

import hashlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from speechsmith.jobs.presence import Presence
from speechsmith.main import only_service
from speechsmith.services import backups
from speechsmith.store import backup_file, migrate
from speechsmith.store.migrate import NEWEST
from speechsmith.store.sql import Store, read_only, sqlite_url
from waiting import until


@pytest.fixture
def home(operate, tmp_path, sqlite_template):
    """A home with a resource, some blobs and a certificate."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, home / "speechsmith.db")
    assert operate("resource", "create", "--name", "clinic", "--home", home)[0] == 0
    for name, content in (
        ("blobs/r/models/m/1/means", b"\1" * 3_000_000),
        ("tls/key.pem", b"secret"),
        ("blobs/x y", b""),
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    return home


@pytest.fixture
def backup(operate, home, tmp_path):
    assert operate("backup", tmp_path / "home.zip", "--home", home)[0] == 0
    return tmp_path / "home.zip"


def contents(home):
    """What a home has, but for what only a running service needs."""
    files = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    kept = {name: path for name, path in files.items() if name.startswith(("blobs/", "tls/"))}
    with sqlite3.connect(home / "speechsmith.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    return {name: path.read_bytes() for name, path in kept.items()} | {"database": dump.encode()}


def test_a_home_comes_out_as_it_went_in_for_its_owner_alone(operate, home, backup, tmp_path):
    code, out, err = operate("restore", backup, "--home", tmp_path / "new", "--json")

    assert code == 0
    assert contents(tmp_path / "new") == contents(home)
    assert json.loads(out)["rows"]["speech_resources"] == 1
    assert err == f"Start it: speechsmith serve --home {tmp_path / 'new'}\n"
    assert operate("resource", "list", "--home", tmp_path / "new")[1].startswith("clinic\t")
    modes = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "new").rglob("*") if path.name != "service.lock"}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert backup.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_made_while_the_database_is_written_to(operate, home, tmp_path):
    with sqlite3.connect(home / "speechsmith.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE speech_resources SET name = 'half way'")
        code, _, _ = operate("backup", tmp_path / "home.zip", "--home", home)
        writer.execute("COMMIT")
    writer.close()

    assert code == 0
    assert operate("restore", tmp_path / "home.zip", "--home", tmp_path / "new")[0] == 0
    assert operate("resource", "list", "--home", tmp_path / "new")[1].startswith("clinic\t")


@pytest.fixture
def meanwhile(monkeypatch, home):
    """Has something happen each time that the database of the home is about to be copied."""

    def arrange(happens):
        counted = itertools.count(1)
        monkeypatch.setattr(
            backups, "read_only", lambda path: (path.parent == home and happens(next(counted)), read_only(path))[1]
        )

    return arrange


def test_what_goes_while_it_is_copied_is_in_no_backup_and_neither_are_its_rows(operate, home, tmp_path, meanwhile):
    def happens(time):
        if time == 1:
            (home / "blobs" / "x y").unlink()
        else:
            rename(home, "without x y")

    meanwhile(happens)
    assert operate("backup", tmp_path / "home.zip", "--home", home)[0] == 0

    assert operate("restore", tmp_path / "home.zip", "--home", tmp_path / "new")[0] == 0
    assert not (tmp_path / "new" / "blobs" / "x y").exists()
    assert operate("resource", "list", "--home", tmp_path / "new")[1].startswith("without x y\t")


def rename(home, name):
    with sqlite3.connect(home / "speechsmith.db") as database:
        database.execute("UPDATE speech_resources SET name = ?", [name])
    database.close()


def test_a_backup_of_a_home_that_never_rests_is_given_up(operate, home, tmp_path, meanwhile):
    def happens(time):
        (home / "blobs" / f"{time}").touch()
        (home / "blobs" / f"{time - 1}").unlink(missing_ok=True)

    (home / "blobs" / "0").touch()
    meanwhile(happens)
    code, _, err = operate("backup", tmp_path / "home.zip", "--home", home)

    assert (code, "no copy comes out whole" in err) == (1, True)
    assert not (tmp_path / "home.zip").exists()


def test_a_file_that_is_there_is_replaced_only_by_force(operate, home, tmp_path):
    (tmp_path / "home.zip").write_bytes(b"the former one")

    code, out, err = operate("backup", tmp_path / "home.zip", "--home", home)

    assert (code, out) == (2, "")
    assert f"{tmp_path / 'home.zip'} is there already: name a new file, or give --force to replace it." in err
    assert (tmp_path / "home.zip").read_bytes() == b"the former one"
    assert operate("backup", tmp_path / "home.zip", "--home", home, "--force")[0] == 0
    assert operate("backup", tmp_path / "home.zip", "--verify")[0] == 0


def test_a_backup_that_is_killed_half_way_leaves_no_file_and_the_former_one_as_it_was(home, tmp_path):
    os.mkfifo(home / "blobs" / "endless")  # whoever reads it waits
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "home.zip").write_bytes(b"the former one")
    command = [sys.executable, "-m", "speechsmith", "backup", str(folder / "home.zip"), "--force", "--home", str(home)]

    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    until(lambda: any((home / "scratch" / "incoming").glob("*.part")))
    writer = until_read(home / "blobs" / "endless")
    process.kill()
    process.wait()
    os.close(writer)

    assert [path.name for path in folder.iterdir()] == ["home.zip"]
    assert (folder / "home.zip").read_bytes() == b"the former one"


def until_read(fifo):
    """Open the other end, once somebody reads."""
    opened = []

    def is_read():
        try:
            opened.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    until(is_read)
    return opened[0]


def test_a_file_system_without_nameless_files_will_do(operate, home, tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_TMPFILE")

    assert operate("backup", tmp_path / "home.zip", "--home", home)[0] == 0
    assert operate("backup", tmp_path / "home.zip", "--verify")[0] == 0
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("place", [0.02, 0.5, 0.9, 0.99])
def test_a_backup_with_a_byte_that_is_another_is_refused_before_anything_is_written(operate, backup, tmp_path, place):
    damaged = bytearray(backup.read_bytes())
    damaged[int(len(damaged) * place)] ^= 1
    backup.write_bytes(damaged)

    verified = operate("backup", backup, "--verify")
    restored = operate("restore", backup, "--home", tmp_path / "new")

    assert (verified[0], restored[0]) == (1, 1)
    assert verified[2] == restored[2]
    assert "Backup" in restored[2].rpartition("(")[2]
    assert not (tmp_path / "new").exists()


def test_a_backup_that_is_cut_short_and_a_file_that_is_none_are_refused(operate, backup, tmp_path):
    backup.write_bytes(backup.read_bytes()[:-5_000])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a", "b")

    for path in (backup, tmp_path / "other.zip"):
        code, _, err = operate("restore", path, "--home", tmp_path / "new")
        assert (code, "is no backup" in err) == (1, True), err


FORGED = {
    "a name that leads out": lambda files: files[0].update(name="blobs/../../out"),
    "an absolute name": lambda files: files[0].update(name="/tmp/out"),
    "another folder": lambda files: files[0].update(name="scratch/x"),
    "a name that is there twice": lambda files: files.append(files[0]),
    "no database": lambda files: next(one for one in files if one["name"] == "speechsmith.db").update(name="blobs/db"),
    "another size": lambda files: files[0].update(size=files[0]["size"] + 1),
    "another digest": lambda files: files[0].update(sha256="0" * 64),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_backup_whose_manifest_was_changed_is_refused(operate, backup, tmp_path, how):
    with zipfile.ZipFile(backup) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    former = [file["name"] for file in manifest["files"]]
    FORGED[how](manifest["files"])
    renamed = dict(zip(former, (file["name"] for file in manifest["files"]), strict=False))
    with zipfile.ZipFile(backup, "w") as archive:
        for name, content in members.items():
            archive.writestr(renamed.get(name, name), content)
        archive.writestr("manifest.json", json.dumps(manifest))

    code, _, err = operate("restore", backup, "--home", tmp_path / "new")

    assert code == 1
    assert "Backup" in err.rpartition("(")[2]
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "out").exists()


def test_a_backup_of_a_newer_program_is_refused(operate, backup, tmp_path):
    def change(member, to):
        with zipfile.ZipFile(backup) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | {member: to}).encode()
        with zipfile.ZipFile(backup, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return operate("restore", backup, "--home", tmp_path / "new")[2]

    assert "database of version 9999" in change("schemaNumber", "9999")
    assert "is of version 2, made by Speechsmith" in change("version", 2)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["speechsmith.db", "anything"])
def test_nothing_is_restored_over_data(operate, backup, tmp_path, name):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / name).write_bytes(b"mine")

    code, out, err = operate("restore", backup, "--home", tmp_path / "new")

    assert (code, out) == (1, "")
    assert err.startswith(f"ERROR: There are data in {tmp_path / 'new'} already; restore into a new or an empty folder")
    assert (tmp_path / "new" / name).read_bytes() == b"mine"


def test_a_restore_that_was_killed_can_be_done_again(operate, home, backup, tmp_path):
    (tmp_path / "new" / ".restoring").mkdir(parents=True)
    (tmp_path / "new" / "blobs").mkdir()
    (tmp_path / "new" / "blobs" / "half").touch()
    code, _, err = operate("resource", "create", "--name", "x", "--home", tmp_path / "new")
    assert (code, "was cut off. Do it again" in err) == (1, True)

    assert operate("restore", backup, "--home", tmp_path / "new")[0] == 0
    assert contents(tmp_path / "new") == contents(home)


def test_a_restore_that_fails_leaves_nothing(operate, backup, tmp_path, monkeypatch):
    def full(path, manifest, folder):
        (folder / "blobs" / "half").touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_file, "unpack", full)

    code, _, err = operate("restore", backup, "--home", tmp_path / "new")

    assert (code, "No space left" in err) == (1, True)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"service.lock"}


def test_a_disk_that_is_too_small_is_told_before(operate, backup, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 5, 5))

    code, _, err = operate("restore", backup, "--home", tmp_path / "new")

    assert (code, "where 5 are free; make room first." in err) == (1, True)


ELSEWHERE = {"postgresql://u@h/d": ("DATABASE_URL", "pg_dump"), "s3://bucket/path": ("BLOB_URL", "tools of its store")}


@pytest.mark.parametrize("url", ELSEWHERE)
def test_what_is_elsewhere_is_backed_up_with_its_own_tools(operate, home, tmp_path, monkeypatch, url):
    setting, tool = ELSEWHERE[url]
    monkeypatch.setenv(f"SPEECHSMITH_{setting}", url)

    code, _, err = operate("backup", tmp_path / "home.zip", "--home", home)

    assert (code, tool in err) == (1, True)
    assert not (tmp_path / "home.zip").exists()


def test_a_backup_inside_its_home_or_of_nothing_is_refused(operate, home, tmp_path):
    assert "choose another place" in operate("backup", home / "home.zip", "--home", home)[2]
    assert operate("backup", tmp_path / "home.zip", "--home", tmp_path / "nowhere")[0] == 2
    assert operate("backup", tmp_path / "none" / "home.zip", "--home", home)[0] == 2
    assert operate("backup", tmp_path / "nothing.zip", "--verify")[0] == 2


def test_a_backup_does_not_take_the_place_of_a_device(operate, home, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    code, _, err = operate("backup", tmp_path / "pipe", "--home", home)

    assert (code, (tmp_path / "pipe").is_fifo()) == (1, True)
    assert "would be replaced; name a new file. (BackupElsewhere)" in err


@pytest.mark.parametrize("words", [["upgrade", "--check"], ["upgrade"], ["resource", "list"]], ids=" ".join)
def test_a_database_url_that_is_none_is_told_in_a_sentence(operate, home, monkeypatch, words):
    monkeypatch.setenv("SPEECHSMITH_DATABASE_URL", "nonsense:hidden")

    code, _, err = operate(*words, "--home", home)

    assert code == 1
    assert "Check SPEECHSMITH_DATABASE_URL." in err
    assert "hidden" not in err


def test_a_database_that_is_none_is_refused(operate, home, tmp_path):
    (home / "speechsmith.db").write_bytes(b"no database" * 1000)

    code, _, err = operate("backup", tmp_path / "home.zip", "--home", home)

    assert (code, "cannot be copied: file is not a database" in err) == (1, True)
    assert not (tmp_path / "home.zip").exists()


# upgrade


@pytest.fixture
def older(home):
    """The home as an older program left it: without the last migration but one."""
    (home / "speechsmith.db").unlink()
    store = Store(sqlite_url(home / "speechsmith.db"))
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with store.engine.connect().execution_options(speechsmith_write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0005"
    store.close()
    return home


def test_an_older_database_is_upgraded_once(operate, older):
    assert operate("upgrade", "--home", older, "--check")[:2] == (1, f"0005\t{NEWEST}\n")
    code, out, err = operate("upgrade", "--home", older)

    assert (code, out) == (0, f"0005\t{NEWEST}\n")
    assert "speechsmith backup" in err
    assert operate("upgrade", "--home", older) == (0, f"{NEWEST}\t{NEWEST}\n", "")
    assert operate("upgrade", "--home", older, "--check") == (0, f"{NEWEST}\t{NEWEST}\n", "")


def test_a_check_changes_nothing(operate, older):
    def digests():
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in older.rglob("*") if path.is_file()}

    before = digests()
    assert operate("upgrade", "--home", older, "--check")[0] == 1
    assert digests() == before


def test_an_older_database_is_backed_up_as_it_is(operate, older, tmp_path):
    assert operate("backup", tmp_path / "home.zip", "--home", older)[0] == 0
    assert operate("upgrade", "--home", older, "--check")[0] == 1
    assert "\ndatabase    0005\n" in operate("backup", tmp_path / "home.zip", "--verify")[1]


def test_nothing_is_upgraded_under_a_service_or_a_worker(operate, older):
    with only_service(older):
        code, _, err = operate("upgrade", "--home", older)
    assert (code, f"A service runs on {older} already" in err) == (1, True)

    worker = Presence(older / "workers")
    code, _, err = operate("upgrade", "--home", older)
    worker.close()
    assert (code, f"Workers run on {older}: {worker.owner}. Stop them first" in err) == (1, True)
    assert operate("upgrade", "--home", older, "--check")[0] == 1


def test_a_newer_database_is_not_upgraded(operate, home):
    with sqlite3.connect(home / "speechsmith.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    for words in (["--check"], []):
        code, _, err = operate("upgrade", "--home", home, *words)
        assert (code, "made by a newer Speechsmith" in err) == (1, True)
