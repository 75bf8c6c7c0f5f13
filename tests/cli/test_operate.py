"""The operator's commands: what stops them is told in a sentence."""

import sqlite3

from speechsmith.cli.main import run
from speechsmith.cli.tree import House


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
    assert told.err == "ERROR: There is a resource 'clinic' already; choose another name.\n"
