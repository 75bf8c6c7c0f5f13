"""The operator's commands for base models: `speechsmith base-model add`, `list`, `remove` and `set-default`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from speechsmith.cli.operate import existing, home_option, json_option

if TYPE_CHECKING:  # they load the whole service
    from speechsmith.services.base_models import Listed
    from speechsmith.services.context import Context

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("base-model")
def base_model() -> None:
    """Base models: what custom models are trained from."""


@base_model.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@home_option
@click.option("--engine", required=True, help="The engine that it is for, such as pocketsphinx.")
@click.option("--locale", required=True, help="Its locale, such as en-US.")
@click.option("--released", required=True, metavar="YYYYMMDD", help="Its release date, which is its name.")
@click.option("--name", "display_name", default="", help="Another name.")
@click.option("--description", default="", help="What it is.")
@click.option("--adaptation-until", type=_DAY, help="The day on which it cannot be trained from any more.")
@click.option("--transcription-until", type=_DAY, help="The day on which it cannot be used any more.")
@click.option("--default", "is_default", is_flag=True, help="Take it for its locale when none is named.")
@json_option
def add(home: Path | None, as_json: bool, **given: Any) -> None:
    """Install a base model from its folder, or from a tar archive of it; show its id.

    \b
    speechsmith base-model add ./de --home ./data --engine pocketsphinx --locale de-DE --released 20261001
    """
    from speechsmith.services import base_models  # noqa: PLC0415

    days = {name: given.pop(name) for name in ("adaptation_until", "transcription_until")}
    moments = {name: day.replace(tzinfo=UTC) for name, day in days.items() if day is not None}
    with existing(home) as ctx:
        made = base_models.add(ctx, base_models.NewBaseModel(**given, **moments))
        _tell(ctx, [one for one in base_models.listing(ctx) if one.model.id == made.id], as_json=as_json)


@base_model.command("list")
@home_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document for each, for programs.")
def list_(home: Path | None, as_json: bool) -> None:
    """List the base models: id, locale, name and abilities, engine, until when they are trained from and used.

    \b
    speechsmith base-model list --home ./data
    """
    from speechsmith.services import base_models  # noqa: PLC0415

    with existing(home) as ctx:
        _tell(ctx, base_models.listing(ctx), as_json=as_json)


@base_model.command()
@click.argument("id", type=click.UUID)
@home_option
def remove(id: UUID, home: Path | None) -> None:
    """Remove a base model that was added, and that nothing stands on.

    \b
    speechsmith base-model remove 0b4c6a1e-… --home ./data
    """
    from speechsmith.services import base_models  # noqa: PLC0415

    with existing(home) as ctx:
        base_models.remove(ctx, id)


@base_model.command("set-default")
@click.argument("id", type=click.UUID)
@home_option
def set_default(id: UUID, home: Path | None) -> None:
    """Take a base model for its locale whenever none is named.

    \b
    speechsmith base-model set-default 0b4c6a1e-… --home ./data
    """
    from speechsmith.services import base_models  # noqa: PLC0415

    with existing(home) as ctx:
        base_models.set_default(ctx, id)


def _tell(ctx: "Context", found: "list[Listed]", *, as_json: bool) -> None:
    from speechsmith.services import model_choice  # noqa: PLC0415

    for one in found:
        ends = model_choice.deadlines(ctx, one.model)
        told = {
            "id": str(one.model.id),
            "locale": one.model.locale,
            "name": one.model.display_name,
            "trainsWith": sorted(one.model.trains_with),
            "engine": one.model.engine,
            "trainedFromUntil": _day(ends.adaptation),
            "usedUntil": _day(ends.transcription),
            "packaged": one.is_packaged,
            "default": one.is_default,
        }
        if as_json:
            click.echo(json.dumps(told, ensure_ascii=False))
            continue
        marks = [mark for mark in ("packaged", "default") if told[mark]]
        name = f"{one.model.display_name} ({', '.join(sorted(one.model.trains_with))})"
        columns = (told["id"], told["locale"], name, told["engine"], told["trainedFromUntil"], told["usedUntil"])
        click.echo("\t".join([*map(str, columns), ", ".join(marks)]))


def _day(moment: datetime) -> str:
    return "never" if moment.year == datetime.max.year else f"{moment:%Y-%m-%d}"
