"""Lists show what is there now, though they remember what they have shown."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson

from speechsmith.api.rendering import Rendered
from speechsmith.domain.models import BaseModel
from speechsmith.domain.projects import Project
from speechsmith.domain.transcriptions import BULKY_CHARACTERS, Transcription
from speechsmith.store.scope import EVERY_RESOURCE
from speechsmith.store.tables import MOST_REMEMBERED_CHARACTERS, decode, encode

PROJECT = Project(
    id=UUID(int=1),
    resource_id=UUID(int=2),
    locale="en-US",
    display_name="old",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def show(project: Project) -> dict[str, str]:
    return {"displayName": project.display_name}


def test_a_row_that_has_not_changed_is_shown_once():
    rendered, shown = Rendered(), []

    def count(project: Project) -> dict[str, str]:
        shown.append(project)
        return show(project)

    row = encode(PROJECT)["body"]
    first, second = (rendered.of(decode(Project, row), "http://here", count) for _ in range(2))

    assert first is second
    assert shown == [PROJECT]


def test_a_row_that_has_changed_is_shown_anew():
    rendered = Rendered()
    rendered.of(decode(Project, encode(PROJECT)["body"]), "http://here", show)

    changed = decode(Project, encode(replace(PROJECT, display_name="new"))["body"])

    assert orjson.dumps(rendered.of(changed, "http://here", show)) == b'{"displayName":"new"}'


def transcription(characters: int) -> Transcription:
    """One whose links have so many characters."""
    return Transcription(
        id=UUID(int=1),
        resource_id=UUID(int=2),
        locale="en-US",
        display_name="calls",
        created_at=PROJECT.created_at,
        last_action_at=PROJECT.created_at,
        model_id=UUID(int=3),
        content_urls=("x" * (characters - 1), "y"),
    )


def test_a_transcription_of_many_long_links_is_not_kept_in_memory():
    rendered, made = Rendered(), []

    def count(_: Transcription) -> dict[str, str]:
        made.append(1)
        return {}

    for characters, times in ((BULKY_CHARACTERS, 1), (BULKY_CHARACTERS + 1, 2), (MOST_REMEMBERED_CHARACTERS, 2)):
        row = encode(transcription(characters))["body"]
        made.clear()
        first, second = decode(Transcription, row), decode(Transcription, row)
        assert first == second == transcription(characters)
        assert (first is second) == (len(row) <= MOST_REMEMBERED_CHARACTERS)
        for entity in (first, second):
            rendered.of(entity, "http://here", count)
        assert len(made) == times


def test_another_address_is_another_rendering():
    rendered = Rendered()
    project = decode(Project, encode(PROJECT)["body"])

    texts = {orjson.dumps(rendered.of(project, base, lambda _, base=base: base)) for base in ("http://a", "http://b")}

    assert texts == {b'"http://a"', b'"http://b"'}


def test_a_model_that_is_no_base_model_any_more_has_another_address_in_lists(sqlite_api):
    endpoint = sqlite_api.make("endpoints")
    (before,) = sqlite_api.get("/endpoints").json()["values"]
    with sqlite_api.bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.table(BaseModel).delete(UUID(endpoint["model"]["self"].rpartition("/")[2]))

    (after,) = sqlite_api.get("/endpoints").json()["values"]

    assert "/models/base/" in before["model"]["self"]
    assert after["model"]["self"] == before["model"]["self"].replace("/base/", "/")
