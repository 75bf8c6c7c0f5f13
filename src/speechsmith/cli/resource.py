"""The operator's commands for Speech resources: `speechsmith resource create`, `list`, `rotate-key` and `delete`."""

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechsmith.cli.operate import existing, home_option, in_words, json_option, settings_of

if TYPE_CHECKING:  # it loads the whole service
    from speechsmith.services.resources import Contents


@click.group()
def resource() -> None:
    """Speech resources: the tenants, each with two keys."""


@resource.command(short_help="Make a resource, and show its keys.")
@home_option
@click.option("--name", required=True, help="What to call it.")
@click.option("--region", help="The region that it says it is in.")
@json_option
def create(home: Path | None, name: str, region: str | None, as_json: bool) -> None:
    """Make a resource, and show its keys: they cannot be shown again.

    \b
    speechsmith resource create --home ./data --name clinic --region eastus --json
    """
    from speechsmith import main  # noqa: PLC0415
    from speechsmith.services import resources  # noqa: PLC0415

    settings = settings_of(home=home, region=region)
    was_new = main.is_new(settings)
    with in_words():
        ctx = main.open_home(settings)
        with contextlib.closing(ctx.store):
            made = resources.create(ctx, name=name, region=settings.region)
    shown = {
        "id": str(made.resource.id),
        "name": made.resource.name,
        "region": made.resource.region,
        "key1": made.key1,
        "key2": made.key2,
        "endpoint": main.endpoint(settings),
    }
    if was_new:
        click.echo(
            f"NOTE: {settings.home} is new: no service knows this resource until one is started with that --home.",
            err=True,
        )
    if as_json:
        click.echo(json.dumps(shown))
    else:
        click.echo("\n".join(f"{name:9} {value}" for name, value in shown.items()))


@resource.command("list")
@home_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document for each resource, for programs.")
def list_(home: Path | None, as_json: bool) -> None:
    """List the resources: name, region, id.

    \b
    speechsmith resource list --home ./data
    """
    from speechsmith.services import resources  # noqa: PLC0415

    with existing(home) as ctx:
        for one in resources.listing(ctx):
            told = {"name": one.name, "region": one.region, "id": str(one.id)}
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\t".join(told.values()))


@resource.command("rotate-key", short_help="Replace a key that is lost or known to others.")
@home_option
@click.option("--name", required=True, help="Whose key.")
@click.option("--key", type=click.Choice(["1", "2"]), default="1", show_default=True, help="Which of its two keys.")
def rotate_key(home: Path | None, name: str, key: str) -> None:
    """Replace a key that is lost or known to others, and show the new one; the old one is refused from then on.

    Clients that use the other key notice nothing.

    \b
    speechsmith resource rotate-key --home ./data --name default --key 2
    """
    from speechsmith.services import resources  # noqa: PLC0415

    with existing(home) as ctx:
        click.echo(resources.rotate_key(ctx, name=name, which=1 if key == "1" else 2))


FORMER = click.Command("renew", params=rotate_key.params, callback=rotate_key.callback, hidden=True)
"""What `rotate-key` was called: scripts go on."""

resource.add_command(FORMER)


@resource.command(short_help="Delete a resource with all that belongs to it.")
@home_option
@click.option("--name", required=True, help="Which one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(home: Path | None, name: str, yes: bool, as_json: bool) -> None:
    """Delete a resource with all that belongs to it: there is no way back but a backup.

    Its keys are refused, what is being done for it is stopped, and its files are removed. The service may run.

    \b
    speechsmith resource delete --home ./data --name clinic
    """
    from speechsmith.services import resources  # noqa: PLC0415

    with existing(home) as ctx:
        found = resources.contents(ctx, name=name)
        click.echo(f"This deletes the resource '{name}' for good: {_in_numbers(found)}.", err=True)
        if not yes:
            _ask_for(name)
        gone = resources.delete(ctx, found.resource.id)
        if not resources.listing(ctx):
            click.echo("NOTE: it was the last one; the next start of the service makes another, 'default'.", err=True)
    told = {"id": str(gone.resource.id), "name": name, "deleted": dict(gone.counts)}
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else f"{name}\t{gone.resource.id}")


_PLURALS = {"copy": "copies", "log": "entries of logs"}


def _in_numbers(found: "Contents") -> str:
    counted = [
        f"{count} {noun if count == 1 else _PLURALS.get(noun, f'{noun}s')}" for noun, count in found.counts.items()
    ]
    return ", ".join(counted) or "there is nothing in it"


def _ask_for(name: str) -> None:
    """Raises: click.UsageError when anything but the name is typed, or nobody is there to type."""
    click.echo("Type its name to go on: ", nl=False, err=True)
    try:
        typed = sys.stdin.readline()
    except UnicodeDecodeError:
        typed = ""
    if name not in (typed.strip(), typed.rstrip("\n")):
        raise click.UsageError("That is not its name, and nothing was deleted; --yes asks for none.")
