"""The operator's commands `speechsmith serve` and `worker`, and what all commands on a home share."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from speechsmith.config import Settings, from_environment
from speechsmith.domain.errors import SpeechError
from speechsmith.net.hosts import is_loopback

if TYPE_CHECKING:  # it loads the whole service
    from speechsmith.services.context import Context

F = TypeVar("F", bound=Callable[..., Any])


def home_option(function: F) -> F:
    """The option --home of an operator's command."""
    return click.option(
        "--home", type=click.Path(path_type=Path, file_okay=False), help="The folder with the service's data."
    )(function)


def json_option(function: F) -> F:
    """The option --json of an operator's command that has one answer."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")(function)


def settings_of(**given: object) -> Settings:
    """The settings: the environment's, and what was `given` on the command line. Raises: click.UsageError."""
    try:
        return from_environment(os.environ, **given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@contextlib.contextmanager
def in_words() -> Iterator[None]:
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

    with in_words():
        main.serve(
            settings_of(**given),
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
    with in_words():
        main.run_worker(settings_of(home=home), lifeline=lifeline)


@contextlib.contextmanager
def existing(home: Path | None) -> Iterator["Context"]:
    """The data of a home that is there: who looks for something makes nothing. Raises: click.ClickException."""
    from speechsmith import main  # noqa: PLC0415

    settings = settings_of(home=home)
    check_there(settings)
    with in_words():
        ctx = main.open_home(settings)
        with contextlib.closing(ctx.store):
            yield ctx


def check_there(settings: Settings) -> None:
    """Raises: click.UsageError when there are no data yet."""
    from speechsmith import main  # noqa: PLC0415

    if main.is_new(settings):
        raise click.UsageError(f"There are no data in {settings.home}; name the service's folder by --home.")
