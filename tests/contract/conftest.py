"""Services that last for a whole module, so that hundreds of questions can be asked of one world."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from caller import api_on
from seeded import World, made_by

from bench import Bench, bench_on, put_inline
from speechsmith.store.sql import Store, sqlite_url


@pytest.fixture(scope="module")
def lasting_bench(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A service without processes."""
    folder = tmp_path_factory.mktemp("bench")
    shutil.copyfile(sqlite_template, folder / "speechsmith.db")
    store = Store(sqlite_url(folder / "speechsmith.db"))
    with pytest.MonkeyPatch.context() as patch:
        put_inline(patch, folder / "models")
        yield bench_on(store, folder)
    store.close()


@pytest.fixture(scope="module")
def world(lasting_bench: Bench) -> Iterator[World]:
    """A client in v3.2 of a resource that has one of everything."""
    with api_on(lasting_bench) as api:
        yield World(api, made_by(api))
