"""The examination: all checks, one after another."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from speechsmith import main
from speechsmith.config import Settings, from_environment
from speechsmith.doctor import data, machine, network, programs
from speechsmith.doctor.findings import Finding, ok, problem

CHECKS: Mapping[str, Callable[[Settings], Iterator[Finding]]] = {
    "libraries": programs.versions,
    "engines": programs.engines_decode,
    "ffmpeg": programs.foreign_audio,
    "sandbox": programs.sandbox_limits,
    "disk": machine.disk,
    "memory": machine.memory,
    "live streams": machine.live_streams,
    "clock": machine.clock,
    "home": data.home,
    "database": data.database,
    "blobs": data.blobs,
    "service": data.work,
    "base models": data.base_models,
    "address": network.address,
}
MEND_SETTING = "Mend the variable; docs/reference/settings.md has all of them."


def examine(environment: Mapping[str, str], *, home: Path | None, with_peers: bool = False) -> Iterator[Finding]:
    """What is found, part by part. Args: with_peers: ask them too, over the network."""
    readable = {}
    for name, text in environment.items():
        try:
            from_environment({name: text})
            readable[name] = text
        except ValueError as error:
            yield _without_passwords(problem("settings", str(error), MEND_SETTING))
    settings = from_environment(readable, home=home)
    yield _without_passwords(_sense(settings))
    checks = dict(CHECKS) | ({"peers": network.reachable_peers} if with_peers else {})
    for part, check in checks.items():
        try:
            yield from map(_without_passwords, check(settings))
        except PermissionError as error:
            yield problem(part, f"{error.filename} is closed to this user", "Look again as the user of the service.")
        except Exception as error:  # noqa: BLE001 - a part may be sick in any way, and the others are to be seen
            said = f"it could not be looked at: {type(error).__name__}: {error}"
            yield problem(part, said, "Mend what else is told, and look again; else install Speechsmith again.")


def _without_passwords(found: Finding) -> Finding:
    """What is found may be shown to others: an address keeps its user and its signature to itself."""
    said = re.sub(r"//[^/\s@]*@", "//***@", found.said)
    return replace(found, said=re.sub(r"(?<=[?&])(sig|token)=[^&\s]*", r"\1=***", said))


def _sense(settings: Settings) -> Finding:
    """Whether what the settings say can be carried out."""
    try:
        main.check(settings)
    except main.CannotStart as error:
        return problem("settings", str(error), MEND_SETTING)
    return ok("settings", "what is set can be read")
