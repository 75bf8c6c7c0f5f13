"""The operator's commands: `speechsmith serve`, `worker` and `resource`."""

import contextlib
import ipaddress
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from speechsmith.config import Settings, from_environment
from speechsmith.domain.errors import SpeechError

if TYPE_CHECKING:  # it loads the whole service
    from speechsmith.services.context import Context

F = TypeVar("F", bound=Callable[..., Any])

LOOPBACK_NAMES = ("localhost",)


def home_option(function: F) -> F:
    """The option --home of an operator's command."""
    return click.option(
        "--home", type=click.Path(path_type=Path, file_okay=False), help="The folder with the service's data."
    )(function)


def _settings(**given: object) -> Settings:
    try:
        return from_environment(os.environ, **given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What stops an operator's command is told as a sentence. Raises: click.ClickException."""
    from speechsmith import main  # noqa: PLC0415  # it loads the whole service

    try:
        yield
    except main.CannotStart as error:
        raise click.ClickException(str(error)) from None
    except SpeechError as error:
        raise click.ClickException(f"{error} ({error.code})") from None


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--region", help="The region of resources that are made without one.")
@click.option("--public-url", help="How clients reach the service, if not as their requests say.")
@click.option("--tls-cert", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A PEM certificate.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its PEM key.")
@click.option("--tls", type=click.Choice(["self-signed"]), help="Make and use a certificate of one's own.")
@click.option("--insecure", is_flag=True, help="Allow an address beyond this machine without TLS.")
def serve(host: str, port: int, tls: str | None, insecure: bool, **given: Any) -> None:
    """Run the service, the API and its workers, in the foreground.

    \b
    speechsmith serve --home ./data --port 8080
    """
    certificate, key = given.pop("tls_cert"), given.pop("tls_key")
    if (certificate is None) != (key is None) or (tls and certificate):
        raise click.UsageError("Give --tls-cert and --tls-key together, or --tls self-signed.")
    check_address(host, has_tls=bool(tls or certificate), insecure=insecure)
    from speechsmith import main  # noqa: PLC0415

    with _in_words():
        main.serve(
            _settings(**given),
            host=host,
            port=port,
            certificate=None if certificate is None else (certificate, key),
            self_signed=tls is not None,
        )


def check_address(host: str, *, has_tls: bool, insecure: bool) -> None:
    """Keys travel in headers, so they leave this machine only under TLS, or by order. Raises: click.UsageError."""
    if has_tls or is_loopback(host):
        return
    if not insecure:
        raise click.UsageError(
            f"{host} is reachable from other machines, and keys would travel in the clear. "
            "Give --tls-cert and --tls-key, --tls self-signed, or --insecure behind a proxy that does TLS."
        )
    click.echo(f"WARNING: listening on {host} without TLS: keys and speech travel in the clear.", err=True)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


@click.command()
@home_option
@click.option("--lifeline", is_flag=True, hidden=True, help="Stop when standard input ends.")
def worker(home: Path | None, lifeline: bool) -> None:
    """Run jobs for the service that has the same home, or the same database and blob store.

    \b
    speechsmith worker --home ./data
    """
    from speechsmith import main  # noqa: PLC0415

    main.log_to_stderr()
    with _in_words():
        main.run_worker(_settings(home=home), lifeline=lifeline)


@click.group()
def resource() -> None:
    """Speech resources: the tenants, each with two keys."""


@resource.command()
@home_option
@click.option("--name", required=True, help="What to call it.")
@click.option("--region", help="The region that it says it is in.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
def create(home: Path | None, name: str, region: str | None, as_json: bool) -> None:
    """Make a resource, and show its keys: they cannot be shown again.

    \b
    speechsmith resource create --home ./data --name clinic --region eastus --json
    """
    from speechsmith import main  # noqa: PLC0415
    from speechsmith.services import resources  # noqa: PLC0415

    settings = _settings(home=home, region=region)
    is_new = _is_new(settings)
    with _in_words():
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
    if is_new:
        click.echo(
            f"NOTE: {settings.home.absolute()} is new: no service knows this resource until one is started "
            "with that --home.",
            err=True,
        )
    if as_json:
        click.echo(json.dumps(shown))
    else:
        click.echo("\n".join(f"{name:9} {value}" for name, value in shown.items()))


@resource.command("list")
@home_option
def list_(home: Path | None) -> None:
    """List the resources: name, region, id.

    \b
    speechsmith resource list --home ./data
    """
    from speechsmith.services import resources  # noqa: PLC0415

    with existing(home) as ctx:
        for one in resources.listing(ctx):
            click.echo(f"{one.name}\t{one.region}\t{one.id}")


@resource.command()
@home_option
@click.option("--name", required=True, help="Whose key.")
@click.option("--key", type=click.Choice(["1", "2"]), default="1", show_default=True, help="Which of its two keys.")
def renew(home: Path | None, name: str, key: str) -> None:
    """Replace a key that is lost or known to others, and show the new one; the old one is refused from then on.

    \b
    speechsmith resource renew --home ./data --name default
    """
    from speechsmith.services import resources  # noqa: PLC0415

    with existing(home) as ctx:
        click.echo(resources.renew(ctx, name=name, which=1 if key == "1" else 2))


@contextlib.contextmanager
def existing(home: Path | None) -> Iterator["Context"]:
    """The data of a home that is there: who looks for something makes nothing. Raises: click.ClickException."""
    from speechsmith import main  # noqa: PLC0415

    settings = _settings(home=home)
    if _is_new(settings):
        raise click.UsageError(f"There are no data in {settings.home.absolute()}; name the service's folder by --home.")
    with _in_words():
        ctx = main.open_home(settings)
        with contextlib.closing(ctx.store):
            yield ctx


def _is_new(settings: Settings) -> bool:
    return not settings.database_url and not (settings.home / "speechsmith.db").exists()
