"""Which service is meant, and with which key: options beat the environment, the environment beats what is configured.

An address is taken from the first of the three that names one, be it by endpoint or by region; so a `--region` is not
overruled by an endpoint that some profile has put in the environment. What is configured may be kept for a command, and
a key for the region that is in force; with `--nodefaults` it does not count.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from speechsmith.cli import hives
from speechsmith.cli.hives import Scope
from speechsmith.cli.values import Foreign, Value

DEFAULT_VERSION = "v3.1"
_VERSION = re.compile(r"v?(\d+\.\d+(-preview\.\d+)?)")
_IN_THE_CLOUD = re.compile(r"https://([A-Za-z0-9-]+)\.api\.cognitive\.microsoft\.com")
_SPEECH = "/speech/recognition/conversation/cognitiveservices/v1"
_REGION = re.compile(r"[A-Za-z0-9-]+")
_ENTITY = re.compile(r"(https?://.*/)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/?")


def base_address(given: Mapping[str, Value], command: tuple[str, ...] = ()) -> str:
    """The address that every path is appended to, version included. Raises: UsageError, if none is known."""
    if "base" in given:
        return str(given["base"]).rstrip("/")
    version = _version(str(given.get("version", DEFAULT_VERSION)))
    for endpoint, region in _levels(given, command):
        if endpoint:
            return _below(endpoint, version)
        if region:
            return _in_cloud(region, version)
    raise click.UsageError(
        "No service is named: set SPEECHSMITH_ENDPOINT to its address, such as http://127.0.0.1:8080, or keep it with "
        "`spx config @endpoint --set URL`, or give --api endpoint URL (version included) or --region REGION. "
        "`spx init` asks for all that is needed."
    )


def target_address(given: Mapping[str, Value], version: str) -> str | None:
    """The same for the target of a copy; None where nothing is said of it. Raises: UsageError."""
    if "target_endpoint" in given:
        return _below(str(given["target_endpoint"]), version)
    return _in_cloud(str(given["target_region"]), version) if "target_region" in given else None


def speech_address(given: Mapping[str, Value], command: tuple[str, ...] = ()) -> str:
    """The address that speech is sent to, with a query where one was given. Raises: UsageError, if none is known.

    That of a web socket is taken for that of short audio at the same place, which has the same path.
    """
    if named := _speech_endpoint(given):
        return _over_http(named)
    if "speech.host" in given:
        return _over_http(str(given["speech.host"])).rstrip("/") + _SPEECH
    root = base_address(given, command).partition("/speechtotext")[0]
    if region := _IN_THE_CLOUD.fullmatch(root):
        root = f"https://{region[1]}.stt.speech.microsoft.com"
    return root + _SPEECH


def endpoint_id(given: Mapping[str, Value]) -> str | None:
    """The id of the deployed model that is to listen, if one is named, by its id or by the URL of its entity.

    Raises: UsageError: a URL that leads neither to an endpoint nor to where speech is taken.
    """
    named = str(given.get("endpoint", ""))
    if not named or _speech_endpoint(given):
        return None
    if "://" in named and "/endpoints/" not in named:
        raise click.UsageError(
            f"'{named}' is neither an endpoint nor an address that takes speech; one looks like "
            f"https://REGION.stt.speech.microsoft.com{_SPEECH}."
        )
    return named.partition("?")[0].rstrip("/").rpartition("/")[2]


def _speech_endpoint(given: Mapping[str, Value]) -> str:
    """The address that takes speech, if `--endpoint` is one."""
    named = str(given.get("endpoint", ""))
    return named if "://" in named and "/speech/recognition/" in named else ""


def _over_http(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    return {"ws": "http", "wss": "https"}.get(scheme, scheme) + colon + rest


def key(given: Mapping[str, Value], command: tuple[str, ...] = ()) -> str | None:
    """The key to use; None where none is known, which a service without keys allows.

    Raises: UsageError: the address comes from `./.spx`, or from an `@FILE` here, and the key does not. A folder that
        somebody else has filled must not be able to have the user's key sent to a place of its choice.
    """
    if named := str(given.get("key") or ""):
        return named
    kept = _kept("key", given, Scope(command, _region(given, command)))
    if named := os.environ.get("SPEECHSMITH_KEY", ""):
        kept = None
    elif kept:
        named = hives.text_of(kept)
    place = _doubtful_address(given, command)
    if named and place and (kept is None or hives.hive_of(kept) != (hives.hive_of(place) or hives.LOCAL)):
        raise click.UsageError(
            f"The address of the service comes from {place}, your key does not, so it is not sent there. If you "
            f"trust it: spx config @key --set KEY --hive {hives.hive_of(place) or hives.LOCAL}, or give --key KEY."
        )
    return named or None


def _levels(given: Mapping[str, Value], command: tuple[str, ...]) -> Iterator[tuple[str | None, str | None]]:
    """Endpoint and region as options, environment and configuration name them. Raises: UsageError: no region's name."""
    for endpoint, region in (
        (None, str(given["region"]) if "region" in given else None),
        (os.environ.get("SPEECHSMITH_ENDPOINT"), os.environ.get("SPEECHSMITH_REGION")),
        tuple(
            hives.text_of(kept) if (kept := _kept(name, given, Scope(command))) else None
            for name in ("endpoint", "region")
        ),
    ):
        yield endpoint, _checked(region) if region and not endpoint else region


def _region(given: Mapping[str, Value], command: tuple[str, ...]) -> str:
    """The region in force; "" where an endpoint is."""
    if "base" in given or "speech.host" in given or _speech_endpoint(given):
        return ""
    endpoint, region = next((level for level in _levels(given, command) if any(level)), (None, None))
    return region if region and not endpoint else ""


def _doubtful_address(given: Mapping[str, Value], command: tuple[str, ...]) -> Path | None:
    """The text that leads to the service, if others may have written it."""
    addresses = [given[name] for name in ("base", "speech.host") if name in given]
    addresses += [given["endpoint"]] if _speech_endpoint(given) else []
    if foreign := next((one for one in addresses if isinstance(one, Foreign)), None):
        return foreign.path
    elsewhere = any(name in given for name in ("base", "region", "speech.host")) or bool(_speech_endpoint(given))
    if elsewhere or any(os.environ.get(f"SPEECHSMITH_{name}") for name in ("ENDPOINT", "REGION")):
        return None
    kept = _kept("endpoint", given, Scope(command))
    return kept if kept and not hives.is_trusted(kept) else None


def _kept(name: str, given: Mapping[str, Value], scope: Scope) -> Path | None:
    """The file that counts, if any does. An entity may be kept as `@@endpoint`, which is no address."""
    if "run.nodefaults" in given:
        return None
    found = hives.kept(name, scope)
    return next((path for path in found if name != "endpoint" or not _ENTITY.fullmatch(hives.text_of(path))), None)


def _below(endpoint: str, version: str) -> str:
    root = endpoint.partition("/speechtotext")[0].rstrip("/")
    return f"{root}/speechtotext/{version}"


def _in_cloud(region: str, version: str) -> str:
    return f"https://{_checked(region)}.api.cognitive.microsoft.com/speechtotext/{version}"


def _checked(region: str) -> str:
    if not _REGION.fullmatch(region):
        raise click.UsageError(f"'{region}' is not a region; one looks like westus2.")
    return region


def _version(named: str) -> str:
    found = _VERSION.fullmatch(named.casefold())
    if not found:
        raise click.UsageError(f"There is no API version '{named}' here; spx speaks v3.1 and v3.2.")
    return f"v{found[1]}"
