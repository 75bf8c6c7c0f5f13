"""What the figures of requests ask for: every list and get, each with something behind it, and an empty route."""

import random
from pathlib import Path

import pytest
from benchmarks.filled import filled
from benchmarks.requests import GETS, empty_route, is_list, is_of_entities
from caller import api_on

from bench import Bench


def test_every_list_and_get_has_something_behind_it(sqlite_bench: Bench, tmp_path: Path) -> None:
    chance = random.Random(1)
    world = filled(tmp_path, "http://testserver", sqlite_bench.tenant.key1, 3, 2)

    with api_on(sqlite_bench) as api:
        answers = {operation.id: api.get(world.address(operation.path, chance)) for operation in GETS}

    assert {id: answer.text for id, answer in answers.items() if answer.status_code != 200} == {}
    for operation in filter(is_of_entities, GETS):
        wanted = world.total(operation.path) + (operation.id == "Datasets_List")  # and the one that awaits its blocks
        assert len(answers[operation.id].json()["values"]) == wanted, operation.id
    assert len(answers["Models_GetCustomModelManifest"].json()["modelFiles"]) > 12


def test_an_entity_in_other_words_is_in_the_same_place_of_its_list(sqlite_bench: Bench, tmp_path: Path) -> None:
    world = filled(tmp_path, "http://testserver", sqlite_bench.tenant.key1, 2, 1)

    with api_on(sqlite_bench) as api:
        before = api.get("/models").json()["values"]
        world.reword(7)
        after = api.get("/models").json()["values"]

    assert [model.pop("description") for model in after] == ["Calls of week 7, with the names of new products."] * 2
    assert [model | {"description": None} for model in before] == [model | {"description": None} for model in after]


def test_lists_are_told_from_what_shows_one_thing() -> None:
    lists = {operation.id for operation in GETS if is_list(operation)}

    assert {"Projects_List", "Projects_ListModels", "Models_ListFiles", "Datasets_GetBlocks"} < lists
    assert lists.isdisjoint({"Projects_Get", "Projects_ListSupportedLocales", "Models_GetFile", "Limits_Get"})


def test_the_empty_route_answers_nothing_and_its_time_is_counted() -> None:
    pytest.importorskip("fastapi")

    with empty_route() as nothing:
        body = nothing.ask("/")
        cost = nothing.cost(lambda: "/", 0.01)

    assert body == b"{}"
    assert 0.0 < cost < 0.01
