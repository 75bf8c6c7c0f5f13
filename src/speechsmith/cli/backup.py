"""The operator's commands for the data of a home: `speechsmith backup`, `restore` and `upgrade`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from speechsmith.cli.operate import check_there, home_option, in_words, json_option, settings_of

if TYPE_CHECKING:  # it loads the whole service
    from speechsmith.services.backups import Manifest


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@home_option
@click.option("--verify", is_flag=True, help="Make none: look at every byte of one that is there.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@json_option
def backup(file: Path, home: Path | None, verify: bool, force: bool, as_json: bool) -> None:
    """Put all data of a home into one file, while the service runs; keep it as safe as keys.

    \b
    speechsmith backup clinic.zip --home ./data
    speechsmith backup clinic.zip --verify
    """
    from speechsmith.services import backups  # noqa: PLC0415

    if verify:
        if not file.is_file():
            raise click.UsageError(f"There is no file {file}.")
        with in_words():
            found = backups.verified(file)
    else:
        if not file.parent.is_dir():
            raise click.UsageError(f"{file} cannot be made: there is no folder {file.parent}.")
        if file.is_file() and not force:
            raise click.UsageError(f"{file} is there already: name a new file, or give --force to replace it.")
        settings = settings_of(home=home)
        check_there(settings)
        with in_words():
            found = backups.write(settings, file)
    _tell(file, found, as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@home_option
@json_option
def restore(file: Path, home: Path | None, as_json: bool) -> None:
    """Make a new home of a backup, after every byte of it was looked at.

    Keys open what they opened, and jobs that were unfinished are done when a service is started on the home.

    \b
    speechsmith restore clinic.zip --home ./data
    """
    from speechsmith import main  # noqa: PLC0415
    from speechsmith.services import backups  # noqa: PLC0415

    settings = settings_of(home=home)
    with in_words():
        found = backups.ready(settings, file)
        with main.only_service(settings.home):
            backups.restore(settings, file, found)
    click.echo(f"Start it: speechsmith serve --home {settings.home}", err=True)
    _tell(settings.home, found, as_json=as_json)


def _tell(path: Path, found: "Manifest", *, as_json: bool) -> None:
    told = {
        "path": str(path),
        "made": found.made.isoformat().replace("+00:00", "Z"),
        "speechsmith": found.speechsmith,
        "database": found.schema_number,
        "files": len(found.files),
        "size": found.size,
    }
    if as_json:
        click.echo(json.dumps(told | {"rows": found.rows}, ensure_ascii=False))
    else:
        click.echo("\n".join(f"{name:11} {value}" for name, value in told.items()))


@click.command()
@home_option
@click.option("--check", is_flag=True, help="Change nothing: tell whether it is needed; 1 if it is.")
@click.pass_context
def upgrade(ctx: click.Context, home: Path | None, check: bool) -> None:
    """Bring the database of a home to the version of this program; tell both versions.

    `serve` does so by itself when it starts. This does it before, apart from it, while nothing runs.

    \b
    speechsmith upgrade --home ./data --check
    speechsmith upgrade --home ./data
    """
    from speechsmith import main  # noqa: PLC0415

    settings = settings_of(home=home)
    check_there(settings)
    with in_words():
        before, after = main.versions(settings)
        if before != after and not check:
            click.echo("There is no way back but a backup: speechsmith backup FILE", err=True)
            before, after = main.upgrade_home(settings)
    click.echo(f"{before or 'none'}\t{after}")
    if check and before != after:
        click.echo(
            "The database is older than this program: speechsmith backup FILE, then speechsmith upgrade.", err=True
        )
        ctx.exit(1)
