"""What the rows of several nouns are made of: options that name, label and wait for an entity; and the row itself."""

from dataclasses import replace

from speechsmith.cli.options import Command, Kind, Option
from speechsmith.cli.table.shared import COMMON

NAME = Option("name", Kind.TEXT, "NAME", "The name shown (displayName).", "display_name")
DESCRIPTION = Option("description", Kind.TEXT, "TEXT", "What it is, in your words.", "description")
PROJECT = Option("project [id] | project url", Kind.TEXT, "ID", "Its project, an id or a URL.", "project")
CUSTOM = Option(
    "custom property | custom properties", Kind.PAIRS, "NAME=TEXT", "Set a custom property.", "custom_properties"
)
WAIT = Option("wait", Kind.WAIT, "[MS]", "Stay until it is done; exit with 1 if it Failed.", "wait")
ID = "0198f569-cc11-4099-a0e8-9d55bc3d0c52"
"""For examples."""

DONE_BY = {"show": "entities:status", "list": "files:list", "download": "files:download"}
_ABOVE = {"transcription": ("batch",), "webhook": (), "operation": ()}


def which(noun: str, field: str = "reference") -> Option:
    """The option that says which entity is meant."""
    spelling = f"{noun} [id] | {noun} url | id" if field == "reference" else f"{noun} [id] | {noun} url"
    return Option(spelling, Kind.TEXT, "ID", f"The {noun}, an id or a URL.", field)


def row(
    noun: str,
    verb: str,
    summary: str,
    example: str,
    options: tuple[Option, ...],
    *,
    required: tuple[str, ...] = (),
    done_by: str = "",
    version: str = "",
) -> Command:
    """The row of a verb of a noun, which the function of that name does unless another is named."""
    path = (*_ABOVE.get(noun, ("csr",)), noun, verb)
    shown = f"spx {' '.join(path)} {example}".rstrip()
    verb_of = done_by or DONE_BY.get(verb, f"entities:{verb}")
    told = {"version": f"The version of the REST API; {version} if not given, which has this."} if version else {}
    common = (replace(option, help=told.get(option.field, option.help)) for option in COMMON)
    return Command(path, summary, verb_of, (*options, *common), shown, required, version=version)
