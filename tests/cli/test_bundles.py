"""Models as files, as an operator carries them: a command here, a command there."""

import hashlib
import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

import bundled
from speechsmith.config import from_environment
from speechsmith.domain.models import CustomModel
from speechsmith.jobs.sweeper import UNFINISHED, sweep
from speechsmith.main import open_home
from speechsmith.services.context import utc_now
from speechsmith.store.blobs import Blobs

pytestmark = pytest.mark.slow


@pytest.fixture
def operate(operate, tmp_path):
    """Run an operator's command; there is a home with a resource."""
    operate("resource", "create", "--home", tmp_path / "home", "--name", "clinic")
    return operate


@pytest.fixture
def bundle(tmp_path):
    return bundled.bundle(tmp_path)


def test_a_model_goes_in_and_comes_out_as_it_was(operate, bundle, tmp_path):
    home, target = tmp_path / "home", tmp_path / "out.tar"

    code, out, err = operate("model", "import", bundle, "--home", home, "--resource", "clinic", "--json")
    assert (code, err) == (0, "")
    made = json.loads(out)
    assert (made["displayName"], made["locale"], made["resource"]) == ("clinic", "en-US", "clinic")

    code, out, _ = operate("model", "export", made["id"], "--home", home, "--to", target, "--json")
    assert code == 0
    assert target.read_bytes() == bundle.read_bytes()
    assert json.loads(out) == {
        "file": str(target),
        "size": target.stat().st_size,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
    }


def test_a_resource_is_named_by_its_name_or_its_id(operate, bundle, tmp_path):
    home = tmp_path / "home"
    id = operate("resource", "list", "--home", home)[1].split()[-1]

    for name in ("clinic", id):
        code, out, _ = operate("model", "import", bundle, "--home", home, "--resource", name)
        assert code == 0
        assert out.split("\t")[1:] == ["clinic", "en-US", "clinic\n"]


def test_what_is_wrong_is_told_in_a_sentence_with_its_code(operate, bundle, tmp_path):
    home, nothing = tmp_path / "home", tmp_path / "nothing"
    nothing.write_bytes(b"x")
    known = operate("model", "import", bundle, "--home", home, "--resource", "clinic")[1].split("\t")[0]

    for words, code, sentence in (
        (("import", nothing, "--resource", "clinic"), 1, "ERROR: The file is no bundle; "),
        (("import", bundle, "--resource", "ward"), 1, "ERROR: There is no resource 'ward'; there are: 'clinic'. ("),
        (("import", bundle, "--resource", "clinic", "--project", uuid4()), 1, "ERROR: There is no project with the id"),
        (("import", tmp_path / "none", "--resource", "clinic"), 2, "ERROR: Invalid value for 'FILE'"),
        (("export", uuid4(), "--to", tmp_path / "m.tar"), 1, "ERROR: There is no model with the id"),
        (("export", "x", "--to", tmp_path / "m.tar"), 2, "ERROR: Invalid value for 'ID'"),
        (("export", known, "--to", tmp_path / "no" / "m.tar"), 2, "ERROR: " + str(tmp_path / "no" / "m.tar")),
        (("export", known, "--to", "/dev/null"), 2, "ERROR: /dev/null cannot be made"),
    ):
        found = operate("model", *words, "--home", home)
        assert found[:2] == (code, ""), found
        assert found[2].startswith(sentence), found
    assert operate("model", "import", nothing, "--home", home, "--resource", "clinic")[2].endswith("(InvalidBundle)\n")
    assert not (tmp_path / "m.tar").exists()


def test_a_home_that_is_not_there_is_not_made(alone, operate, bundle, tmp_path):
    code, _, err = operate("model", "import", bundle, "--home", tmp_path / "nowhere", "--resource", "clinic")

    assert code == 2
    assert "There are no data in" in err
    assert not (tmp_path / "nowhere").exists()


DYING = """
import os, signal, sys
sys.path[:] = sys.argv[5:]
from dataclasses import replace
from pathlib import Path
from uuid import UUID
from speechsmith.config import from_environment
from speechsmith.main import open_home
from speechsmith.services import bundles
from speechsmith.store.blobs import Blobs

class Deadly(Blobs):
    left = int(sys.argv[4])
    def put(self, key, source):
        size = super().put(key, source)
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return size

home = Path(sys.argv[1])
ctx = open_home(from_environment({}, home=home))
ctx = replace(ctx, blobs=Deadly(str(home / "blobs"), cache=home / "scratch" / "blobs"))
bundles.publish(ctx, UUID(sys.argv[2]), Path(sys.argv[3]))
"""


def never(ctx, entity):
    raise AssertionError("nothing is due")


@pytest.mark.parametrize("puts", [1, len(bundled.FILES)])
def test_an_import_that_is_killed_leaves_no_model_and_its_files_go(operate, bundle, tmp_path, puts):
    home = tmp_path / "home"
    resource = operate("resource", "list", "--home", home)[1].split()[-1]

    words = [str(home), resource, str(bundle), str(puts), *sys.path]
    done = subprocess.run([sys.executable, "-c", DYING, *words], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr

    ctx = open_home(from_environment({}, home=home))
    with closing(ctx.store):
        with ctx.store.read(UUID(resource)) as tx:
            assert list(tx.table(CustomModel).page().values) == []
        assert len(Blobs(str(home / "blobs"), cache=home).keys("")) == puts
        later = utc_now() + UNFINISHED + timedelta(minutes=1)
        sweep(replace(ctx, now=lambda: later), never)
        assert ctx.blobs.keys("") == []
    assert operate("model", "import", bundle, "--home", home, "--resource", "clinic")[0] == 0
