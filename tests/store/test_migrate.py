"""Databases are brought up to date, once, by whoever comes first; and refused when that cannot be right."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
import things
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import speechsmith.store
from speechsmith.domain.models import CustomModel
from speechsmith.store.migrate import NEWEST, StoreError, network_file_system, upgrade
from speechsmith.store.sql import Store, _write_ahead
from speechsmith.store.tables import metadata

VERSIONS = Path(speechsmith.store.__file__).parent / "migrations" / "versions"
MADE = {"0008": ("entity_mentions",), "0009": ("deployments",), "0010": ("edited_files", "editions")}
"""The tables of the migrations that a test goes back before."""

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
filer:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//filer/with\\040blank /mnt/with\\040blank cifs rw 0 0
sshfs /mnt/größe fuse.sshfs rw 0 0
"""


def test_the_migrations_make_the_tables_that_the_code_names(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_the_code_expects():
    numbers = sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers[-1] == NEWEST


def test_a_database_that_is_current_is_left_alone(store):
    upgrade(store)

    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [NEWEST]


def test_two_processes_may_start_at_once(database_url):
    stores = [Store(database_url) for _ in range(3)]

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(upgrade, stores))

    for store in stores:
        store.close()


def test_who_is_refused_the_turn_to_wal_asks_again():
    class Cursor:
        asked = 0

        def execute(self, _statement):
            self.asked += 1
            if self.asked < 3:
                raise sqlite3.OperationalError("database is locked")

    cursor = Cursor()
    _write_ahead(cursor)

    assert cursor.asked == 3


def test_a_migration_that_fails_leaves_nothing(database_url, monkeypatch):
    store = Store(database_url)
    with store.engine.connect().execution_options(speechsmith_write=True) as connection, connection.begin():
        connection.execute(text("CREATE TABLE secrets (x INTEGER)"))  # is in the way of the last table

    with pytest.raises(Exception, match="secrets"):
        upgrade(store)

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        missing = {change[1].name for change in compare_metadata(context, metadata) if change[0] == "add_table"}
        assert missing == {table.name for table in metadata.sorted_tables} - {"secrets"}
    store.close()


def test_who_named_whom_before_that_was_kept_is_found_in_what_is_there(store):
    owner = things.resource(store, "mine")
    data = things.dataset(owner)
    model = things.model(owner, things.base_model(), data)
    with store.write(owner) as tx:
        tx.table(CustomModel).add(model)
    with store.engine.connect().execution_options(speechsmith_write=True) as connection, connection.begin():
        for table in chain.from_iterable(MADE.values()):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))

    upgrade(store)

    with store.read(owner) as tx:
        assert [one.id for one in tx.table(CustomModel).naming(data.id, top=9).values] == [model.id]


def test_a_database_of_a_newer_version_is_refused(database_url):
    store = Store(database_url)
    upgrade(store)
    with store.engine.connect().execution_options(speechsmith_write=True) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match=rf"version 9999, made by a newer Speechsmith.* up to {re.escape(NEWEST)}"):
        upgrade(store)
    store.close()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", None),
        ("/home/user", "nfs4"),
        ("/homes/user", None),
        ("/home/local/user", None),
        ("/mnt/with blank", "cifs"),
        ("/mnt/größe/x", "fuse.sshfs"),
    ],
)
def test_a_network_folder_is_known_by_its_mount(folder, kind):
    assert network_file_system(Path(folder), MOUNTS) == kind
