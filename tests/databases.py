"""The two databases, for every suite that needs one: a fixture `store` that runs a test on SQLite and on PostgreSQL.

PostgreSQL is the server that SPEECHSMITH_TEST_POSTGRES names, where tests have schemas of their own; else one that is
started for these tests, in a temporary folder and on a socket in it, where Debian's server programs are installed; else
the tests are skipped and say so. A suite on SQLite alone takes `sqlite_store`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from speechsmith.store.migrate import upgrade
from speechsmith.store.sql import Store, sqlite_url
from speechsmith.store.tables import metadata

SERVERS = Path("/usr/lib/postgresql")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=100")


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield sqlite_url(request.getfixturevalue("tmp_path") / "speechsmith.db")
    else:
        yield from _schema(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store with all its tables."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened


@pytest.fixture
def sqlite_store(tmp_path: Path, sqlite_template: Path) -> Iterator[Store]:
    """An empty store with all its tables, for suites that the kind of database does not matter to."""
    shutil.copyfile(sqlite_template, tmp_path / "speechsmith.db")
    store = Store(sqlite_url(tmp_path / "speechsmith.db"))
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres_migrated: Store) -> Iterator[Store]:
    """As `sqlite_store`, but all its tests share one, and leave it empty."""
    yield postgres_migrated
    with postgres_migrated.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)}"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "speechsmith.db"
    store = Store(sqlite_url(path))
    upgrade(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres_url: str) -> Iterator[Store]:
    """A store in a schema of its own."""
    for url in _schema(postgres_url):
        store = Store(url)
        upgrade(store)
        yield store
        store.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server, and a database in it that may be written to."""
    if url := os.environ.get("SPEECHSMITH_TEST_POSTGRES"):
        yield url
        return
    programs = max((path.parent for path in SERVERS.glob("*/bin/initdb")), key=_version, default=None)
    if programs is None:
        pytest.skip(f"no PostgreSQL (set SPEECHSMITH_TEST_POSTGRES, or install a server below {SERVERS})")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # not tmp_path: the path of a socket is short
    try:
        yield from _served(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _schema(server: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={name}')}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


def _served(programs: Path, folder: Path) -> Iterator[str]:
    def run(program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root
        other_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        command = [*other_user, str(programs / program), *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = " ".join(f"-c {setting}" for setting in (*QUICK, f"unix_socket_directories={folder}"))
    run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _version(programs: Path) -> int:
    name = programs.parent.name
    return int(name) if name.isdigit() else 0
