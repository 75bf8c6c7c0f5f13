"""Filters as questions to a database: the same answer as plain Python, and the laws of logic."""

import random
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import things

from filter_trees import holds, tree
from speechsmith.asr.types import CorpusKind
from speechsmith.domain.datasets import Dataset
from speechsmith.domain.files import File, FileKind
from speechsmith.domain.filters import DEEPEST, MOST_COMPARISONS, PROPERTIES, And, Not, Or, parse
from speechsmith.domain.status import Status
from speechsmith.store.filters import condition
from speechsmith.store.tables import ENTITY_TABLES, files

TEXTS = ["", "a", "A", "it's", "%", "_", "a' or '1'='1", "größe", "😀"]
START = things.NOW.replace(microsecond=0)


@pytest.fixture
def mine(store):
    return things.resource(store, "mine")


@pytest.fixture
def datasets(store, mine):
    """Forty, of every status and kind, made within two seconds around the start."""
    rng = random.Random(3)
    made = []
    for _ in range(40):
        created = START + timedelta(milliseconds=125 * rng.randint(-8, 8))
        made.append(
            replace(
                things.dataset(mine, display_name=rng.choice(TEXTS), description=rng.choice(TEXTS)),
                locale=rng.choice(["en-US", "en-us"]),
                kind=rng.choice(list(CorpusKind)),
                status=rng.choice(list(Status)),
                created_at=created,
                last_action_at=created + timedelta(microseconds=rng.randint(0, 2_000_000)),
            )
        )
    with store.write(mine) as tx:
        for dataset in made:
            tx.table(Dataset).add(dataset)
    return made


@pytest.fixture
def shown(store, mine, datasets):
    """What a filter shows of them."""

    def ask(wanted) -> set:
        with store.read(mine) as tx:
            return {dataset.id for dataset in tx.table(Dataset).page(wanted=wanted).values}

    return ask


def trees(seed: int, count: int, depth: int = 3):
    rng = random.Random(seed)
    return [tree(rng, PROPERTIES[Dataset], TEXTS, START, depth) for _ in range(count)]


def test_the_database_and_plain_python_agree(datasets, shown):
    sizes = set()
    for wanted in trees(5, 100):
        found = shown(wanted)

        assert found == {dataset.id for dataset in datasets if holds(wanted, dataset)}
        sizes.add(len(found))
    assert len(sizes) > 15  # it was not all or nothing


def test_the_laws_of_logic_hold(shown):
    everything = shown(None)
    for a, b in zip(trees(6, 12), trees(8, 12), strict=True):
        assert shown(Not(Not(a))) == shown(a)
        assert shown(Not(a)) == everything - shown(a)
        assert shown(Not(And((a, b)))) == shown(Or((Not(a), Not(b))))
        assert shown(Not(Or((a, b)))) == shown(And((Not(a), Not(b))))
        assert shown(And((a, b))) == shown(a) & shown(b)


def test_the_largest_filters_can_be_asked(datasets, shown):
    one = "createdDateTime ne 2024-02-29T12:00:00Z"
    flat, turned = f"{one} or {one} and (", f"{one} or {one} and not ("
    deep = [start * times + one + ")" * times for start, times in ((flat, DEEPEST), (turned, DEEPEST // 2))]
    wide = And(tuple(trees(9, MOST_COMPARISONS, depth=0)))

    for wanted in (*(parse(text, PROPERTIES[Dataset]) for text in deep), wide, Not(wide)):
        assert shown(wanted) == {dataset.id for dataset in datasets if holds(wanted, dataset)}


def test_a_filter_stays_within_the_scope_and_the_project(store, mine):
    theirs, project = things.resource(store, "theirs"), uuid4()
    inside = things.dataset(mine, project_id=project)
    for owner, dataset in ((mine, inside), (mine, things.dataset(mine)), (theirs, things.dataset(theirs))):
        with store.write(owner) as tx:
            tx.table(Dataset).add(dataset)
    (either,) = trees(10, 1, depth=0)

    with store.read(mine) as tx:
        everything = Or((either, Not(either)))
        assert len(tx.table(Dataset).page(wanted=everything).values) == 2
        assert tx.table(Dataset).page(wanted=everything, project_id=project).values == [inside]


def test_files_are_filtered_in_their_order(store, mine):
    dataset = things.dataset(mine)
    made = [
        replace(things.file(mine, dataset), name=name, kind=kind)
        for name, kind in (("b", FileKind.AUDIO), ("a", FileKind.AUDIO), ("a", FileKind.DATASET_REPORT))
    ]
    with store.write(mine) as tx:
        tx.files.add(made)
    rng = random.Random(12)

    with store.read(mine) as tx:
        for _ in range(100):
            wanted = tree(rng, PROPERTIES[File], ["a", "b"], START, depth=2)
            assert tx.files.of(dataset.id, wanted=wanted) == [file for file in made if holds(wanted, file)]


@pytest.mark.parametrize("kind", PROPERTIES, ids=lambda kind: kind.__name__)
def test_whatever_can_be_filtered_by_has_a_column(kind):
    table = files if kind is File else ENTITY_TABLES[kind]
    rng = random.Random(13)

    for property in PROPERTIES[kind]:
        assert str(condition(tree(rng, [property], ["a"], START, depth=0), table))
        assert property.attribute in kind.__dataclass_fields__
