"""The operator's commands for models as files: `speechsmith model export` and `speechsmith model import`."""

import hashlib
import json
from pathlib import Path
from uuid import UUID

import click

from speechsmith.cli.operate import existing, home_option, json_option


@click.group()
def model() -> None:
    """Custom models as files: bundles, to keep and to carry to another home."""


@model.command()
@click.argument("id", type=click.UUID)
@home_option
@click.option("--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The bundle.")
@json_option
def export(id: UUID, home: Path | None, target: Path, as_json: bool) -> None:
    """Put a custom model, with its report, into one file: an uncompressed tar with the digests of all it holds.

    \b
    speechsmith model export 0b4c6a1e-… --home ./data --to clinic.tar
    """
    from speechsmith.services import bundles  # noqa: PLC0415

    if not target.parent.is_dir() or (target.exists() and not target.is_file()):
        raise click.UsageError(f"{target} cannot be made: give a file in a folder that is there.")
    with existing(home) as ctx:
        bundles.write(ctx, bundles.find(ctx, id), target)
    with target.open("rb") as bundle:
        sha256 = hashlib.file_digest(bundle, "sha256").hexdigest()
        told = {"file": str(target), "size": bundle.tell(), "sha256": sha256}
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\t".join(map(str, told.values())))


@model.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@home_option
@click.option("--resource", "wanted", required=True, metavar="ID_OR_NAME", help="The resource that will own it.")
@click.option("--project", type=click.UUID, help="The id of a project of that resource.")
@json_option
def import_(file: Path, home: Path | None, wanted: str, project: UUID | None, as_json: bool) -> None:
    """Make a custom model of a bundle; show its id. The base model that it was trained from must be installed.

    \b
    speechsmith model import clinic.tar --home ./data --resource default
    """
    from speechsmith.services import bundles, resources  # noqa: PLC0415

    with existing(home) as ctx:
        owner = resources.find(ctx, wanted)
        made = bundles.publish(ctx, owner.id, file, project_id=project)
    told = {"id": str(made.id), "displayName": made.display_name, "locale": made.locale, "resource": owner.name}
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\t".join(told.values()))
