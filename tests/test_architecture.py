"""The floors of the house, as tests: which room may import from which, and how large a file may grow."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import speechsmith
from speechsmith.api.errors import ANSWERS
from speechsmith.domain.errors import SpeechError

HOUSE = Path(speechsmith.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
MOST_LINES = 400

MAY_IMPORT = {
    "__init__": "",
    "asr": "",
    "wire": "",
    "machine": "",
    "config": "machine",
    "children": "",
    "traces": "",
    "sandbox": "children traces",
    "domain": "asr",
    "engines": "asr",
    "ingest": "asr sandbox",
    "net": "",
    "client": "",  # it speaks JSON, and knows nothing of the house
    "store": "config domain",
    "decoding": "asr children engines sandbox traces",
    "tasks": "asr decoding domain engines ingest net sandbox",
    "services": "asr config decoding domain engines ingest machine net sandbox store tasks traces",
    "executors": "children domain engines tasks traces",
    "realtime": "asr decoding domain engines services tasks traces",
    "jobs": "domain executors services store tasks traces",
    "api": "asr decoding domain engines net realtime services store tasks traces wire",
    "main": "api config domain engines executors jobs net services store traces",
    "doctor": "config decoding domain engines jobs machine main net sandbox services store",
    "cli": "asr client config doctor domain machine main net services",
    "__main__": "cli",
}
SHARED_SERVICES = {
    "context",
    "entities",
    "limits",
    "publishing",
    "model_choice",
    "recognition",
    "bundles",
    "copying",
    "scores",
}
"""What services may import of each other; the rest of them are use cases, and know no neighbour."""


def of_project(file: Path) -> Iterator[tuple[int, str]]:
    """The modules of this project that a file imports, as (line, dotted name below the package)."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}:{node.lineno}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "speechsmith" and rest and not rest.startswith("__"):
                yield node.lineno, rest


def module_of(dotted: str) -> str:
    """The file that a dotted name means, as a dotted name: what is no module is a name in one."""
    path = HOUSE.joinpath(*dotted.split("."))
    if path.with_suffix(".py").is_file():
        return dotted
    return f"{dotted}.__init__" if (path / "__init__.py").is_file() else module_of(dotted.rpartition(".")[0])


def shown(file: Path) -> str:
    return str(file.relative_to(HOUSE))


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_imports_only_run_down(file):
    room = file.relative_to(HOUSE).parts[0].removesuffix(".py")
    assert room in MAY_IMPORT, f"{room} has no place in the table"

    for line, name in of_project(file):
        target = name.split(".")[0]
        assert target == room or target in MAY_IMPORT[room].split(), f"line {line}: {room} imports {target}"


def test_the_table_itself_runs_down():
    try:
        order = TopologicalSorter({room: below.split() for room, below in MAY_IMPORT.items()}).prepare()
    except CycleError as error:
        pytest.fail(f"rooms in a circle: {' -> '.join(error.args[1])}")
    assert order is None


def test_no_module_imports_itself_through_others():
    graph = {
        ".".join(file.relative_to(HOUSE).with_suffix("").parts): {module_of(name) for _, name in of_project(file)}
        for file in FILES
    }

    try:
        TopologicalSorter({module: targets - {module} for module, targets in graph.items()}).prepare()
    except CycleError as error:
        pytest.fail(f"modules in a circle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("file", sorted((HOUSE / "services").glob("*.py")), ids=shown)
def test_a_service_imports_no_neighbor(file):
    for line, name in of_project(file):
        parts = name.split(".")
        if parts[0] == "services":
            assert parts[1] in SHARED_SERVICES, f"line {line}: {name}"


STUDIO = HOUSE / "api" / "studio"
STUDIO_MAY_IMPORT = ("api.bodies", "api.errors", "api.pings", "api.studio", "asr.types", "domain", "services")
"""Pages show what use cases give, in words of their own: nothing of REST, and no table. A ping is of REST by rights."""


@pytest.mark.parametrize("file", [file for file in FILES if STUDIO in file.parents], ids=shown)
def test_studio_stands_on_the_use_cases(file):
    for line, name in of_project(file):
        assert name.startswith(STUDIO_MAY_IMPORT), f"line {line}: {name}"


def test_nothing_but_the_application_knows_studio():
    knowing = {
        file
        for file in FILES
        if STUDIO not in file.parents and any(name.startswith("api.studio") for _, name in of_project(file))
    }

    assert knowing == {HOUSE / "api" / "app.py"}


@pytest.mark.parametrize("file", FILES, ids=shown)
def test_a_file_can_be_read_in_one_go(file):
    lines = file.read_text(encoding="utf-8").count("\n")

    assert lines < MOST_LINES, f"{lines} lines; a file that outgrows {MOST_LINES} becomes a folder of the same name"


def test_every_refusal_has_an_answer():
    def below(kind: type[SpeechError]) -> Iterator[type[SpeechError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    assert set(ANSWERS) == set(below(SpeechError))
