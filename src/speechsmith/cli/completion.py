"""What a shell may complete: click knows the commands and the options, this file the values of an option."""

from typing import TYPE_CHECKING

from speechsmith.cli.options import Kind, Option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def completions(option: Option, incomplete: str) -> "list[CompletionItem]":
    """What a value that has been begun may become: one of the words that are allowed, or the name of a file."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell that completes has use for it

    if option.kind in {Kind.INPUT, Kind.OUTPUT, Kind.TARGET} or option.metavar == "FILE":
        return [CompletionItem(incomplete, type="file")]
    if option.metavar == "FOLDER":
        return [CompletionItem(incomplete, type="dir")]
    return [CompletionItem(word) for word in option.words if word.startswith(incomplete)]
