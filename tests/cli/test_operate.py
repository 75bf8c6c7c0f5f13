"""The operator's commands: what stops them is told in a sentence."""

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys

from speechsmith.cli.main import run
from speechsmith.cli.tree import House
from speechsmith.config import from_environment
from speechsmith.domain.resources import key_digest
from speechsmith.main import only_service, open_home
from speechsmith.store.scope import EVERY_RESOURCE


def made(home, name, *, capsys):
    code = run(House(), ["resource", "create", "--home", str(home), "--name", name, "--json"], program="speechsmith")
    return code, capsys.readouterr()


def test_a_database_of_a_newer_version_is_refused_in_a_sentence(alone, tmp_path, capsys):
    assert made(tmp_path / "home", "clinic", capsys=capsys)[0] == 0
    with sqlite3.connect(tmp_path / "home" / "speechsmith.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    code, told = made(tmp_path / "home", "ward", capsys=capsys)

    assert code == 1
    assert told.out == ""
    assert told.err.startswith("ERROR: The database is of version 9999, made by a newer Speechsmith")


def test_the_first_start_logs_no_line_for_each_migration(tmp_path):
    script = "import sys; from pathlib import Path; from speechsmith import config, main; main.log_to_stderr();"
    script += "main.open_home(config.from_environment({}, home=Path(sys.argv[1]))).store.close()"

    started = subprocess.run([sys.executable, "-c", script, tmp_path / "home"], capture_output=True, check=True)

    assert (tmp_path / "home" / "speechsmith.db").is_file()
    assert b"alembic" not in started.stderr


def test_a_file_that_is_no_database_is_refused_in_a_sentence(alone, tmp_path, capsys):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "speechsmith.db").write_bytes(b"no database" * 100)

    code, told = made(tmp_path / "home", "clinic", capsys=capsys)

    assert code == 1
    assert told.err.startswith("ERROR: The database cannot be used: file is not a database. ")


def test_a_name_that_is_taken_is_refused_in_a_sentence(alone, tmp_path, capsys):
    assert made(tmp_path / "home", "clinic", capsys=capsys)[0] == 0

    code, told = made(tmp_path / "home", "clinic", capsys=capsys)

    assert code == 1
    assert told.err == "ERROR: There is a resource 'clinic' already; choose another name. (Conflict)\n"


def operate(*words, capsys):
    code = run(House(), [str(word) for word in words], program="speechsmith")
    return code, capsys.readouterr()


def test_a_resource_in_a_new_folder_says_that_no_service_knows_it_yet(alone, tmp_path, capsys):
    assert f"{tmp_path / 'home'} is new" in made(tmp_path / "home", "clinic", capsys=capsys)[1].err
    assert made(tmp_path / "home", "ward", capsys=capsys)[1].err == ""


def test_a_key_that_is_rotated_takes_the_place_of_the_lost_one_and_of_no_other(alone, tmp_path, capsys):
    home = tmp_path / "home"
    first, _ = (json.loads(made(home, name, capsys=capsys)[1].out) for name in ("clinic", "ward"))

    code, told = operate("resource", "rotate-key", "--home", home, "--name", "clinic", "--key", "2", capsys=capsys)

    assert code == 0
    opens = {key: owner_of(key, home) for key in (first["key1"], first["key2"], told.out.strip())}
    assert list(opens.values()) == ["clinic", None, "clinic"]


def owner_of(key, home):
    """The name of the resource that a key opens."""
    ctx = open_home(from_environment({}, home=home))
    with contextlib.closing(ctx.store), ctx.store.read(EVERY_RESOURCE) as tx:
        resource = tx.resources.by_key(key_digest(key))
        return resource and resource.name


def test_the_resources_are_listed_by_name(alone, tmp_path, capsys):
    ids = [json.loads(made(tmp_path / "home", name, capsys=capsys)[1].out)["id"] for name in ("ward", "clinic")]

    told = operate("resource", "list", "--home", tmp_path / "home", capsys=capsys)[1]
    as_json = operate("resource", "list", "--home", tmp_path / "home", "--json", capsys=capsys)[1]

    assert told.out == f"clinic\tlocal\t{ids[1]}\nward\tlocal\t{ids[0]}\n"
    assert [json.loads(line) for line in as_json.out.splitlines()] == [
        {"name": "clinic", "region": "local", "id": ids[1]},
        {"name": "ward", "region": "local", "id": ids[0]},
    ]


def test_rotating_the_key_of_a_resource_that_is_not_there_names_those_that_are(alone, tmp_path, capsys):
    made(tmp_path / "home", "clinic", capsys=capsys)

    code, told = operate("resource", "rotate-key", "--home", tmp_path / "home", "--name", "x", capsys=capsys)

    assert (code, told.err) == (1, "ERROR: There is no resource 'x'; there are: 'clinic'. (InvalidParameterValue)\n")


def test_looking_for_resources_makes_no_folder(alone, tmp_path, capsys):
    code, told = operate("resource", "list", "--home", tmp_path / "nowhere", capsys=capsys)

    assert code == 2
    assert "There are no data in" in told.err
    assert not (tmp_path / "nowhere").exists()


def test_a_port_that_is_taken_is_told_with_the_way_out(alone, tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, told = operate("serve", "--home", tmp_path / "home", "--port", port, capsys=capsys)

    assert code == 1
    assert told.err.startswith(f"ERROR: Cannot listen on 127.0.0.1, port {port}: Address already in use. ")
    assert "--port" in told.err
    assert not (tmp_path / "home").exists()


def test_a_second_service_of_a_home_is_refused_while_the_first_lives(alone, tmp_path, capsys):
    home = tmp_path / "home"
    with only_service(home):
        code, told = operate("serve", "--home", home, "--port", 0, capsys=capsys)

    assert code == 1
    assert told.err.startswith(f"ERROR: A service runs on {home} already. Stop it first, or start this one on other")
    assert not (home / "speechsmith.db").exists()
    with only_service(home):
        pass


def test_a_service_that_was_killed_keeps_nobody_out(tmp_path):
    code = (
        "import sys, pathlib, os; sys.path[:] = sys.argv[2:]; from speechsmith.main import only_service\n"
        "with only_service(pathlib.Path(sys.argv[1])): print('here', flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *sys.path], capture_output=True, encoding="utf-8", check=False
    )

    assert (done.stdout, done.returncode) == ("here\n", -9)
    with only_service(tmp_path):
        pass


def test_a_demo_folder_without_audio_is_told_what_it_lacks(alone, tmp_path, capsys):
    for part in ("test", "train"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "trans.txt").write_text("a.wav\thello\n", encoding="utf-8")

    code, told = operate("demo", "--data", tmp_path, capsys=capsys)

    assert code == 1
    assert told.err == f"ERROR: {tmp_path / 'train'} has no folder audio: the recordings that its trans.txt names.\n"
