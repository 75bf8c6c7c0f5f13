"""The commands of the table as click commands: click reads the options, completes words and suggests what was meant."""

# ruff: noqa: ARG002 - click hands every method a context, needed or not
import importlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

import speechsmith
from speechsmith.cli import pages
from speechsmith.cli.completion import completions
from speechsmith.cli.help import help_command
from speechsmith.cli.options import Command, Kind, Option
from speechsmith.cli.table import COMMANDS, GROUPS

_SETTINGS = {"help_option_names": ["--help", "-h"]}  # whatever is below a group takes them over
_WORDS = "speechsmith.words"  # where a context keeps the words of its command line in plain form


class TableCommand(click.Command):
    """A row of the table. The words after the command are put in plain form before click sees them."""

    def __init__(self, row: Command) -> None:
        params: list[click.Parameter] = [_click_option(option) for option in row.taken]
        if row.argument:
            params.append(click.Argument(["argument"], nargs=-1, metavar=row.argument))
        super().__init__(row.path[-1], params=params, callback=self._run, short_help=row.summary, help=row.summary)
        self.row = row

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # a shell completes a line that is not finished
            return super().parse_args(ctx, args)
        from speechsmith.cli import line  # noqa: PLC0415 - help has no use for it

        ctx.meta[_WORDS], words = line.plain_words(args, self.row)
        stray = next((word for word in words if not word.startswith("-")), None)
        try:
            return super().parse_args(ctx, words)
        except click.UsageError as error:
            if type(error) is not click.UsageError or not stray or not self.row.options:
                raise
            such_as = f"--{self.row.options[0].name.replace('-', ' ')} {shlex.quote(stray)}"
            told = f"{error.message}; a value stands behind its option, such as {such_as}."
            raise click.UsageError(told, ctx) from None

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(pages.command_page(self.row))

    def _run(self, argument: Sequence[str] = (), **words: bool | Sequence[str]) -> int:
        from speechsmith.cli import line, runs  # noqa: PLC0415 - help has no use for them

        given = line.values_of(self.row, {option: words[option.name.replace("-", "_")] for option in self.row.taken})
        if argument:
            given["argument"] = list(argument)
        if "run.save" in given:
            return runs.save(Path(str(given["run.save"])), self.row, click.get_current_context().meta[_WORDS])
        module, _, name = self.row.verb.partition(":")
        verb: runs.Verb = getattr(importlib.import_module(f"speechsmith.cli.verbs.{module}"), name)
        if "run.cls" in given:
            click.clear()
        try:
            return runs.run(self.row, verb, given)
        finally:
            if "run.pause" in given:
                click.pause(err=True)


def _click_option(option: Option) -> click.Option:
    if option.kind is Kind.FLAG:
        return click.Option([f"--{option.name}"], is_flag=True, help=option.help)
    return click.Option(
        [f"--{option.name}"],
        multiple=True,
        metavar=option.metavar,
        help=option.help,
        shell_complete=lambda _ctx, _param, incomplete: completions(option, incomplete),
    )


class TableGroup(click.Group):
    """A group of the table; without a verb it prints its page."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(
            path[-1] if path else "spx",
            invoke_without_command=True,
            callback=self._without_verb,
            context_settings=_SETTINGS,
        )
        self.path = path
        self.short_help = GROUPS.get(path)
        if not path:
            self.params.append(_version_option())

    def list_commands(self, ctx: click.Context) -> list[str]:
        groups = [child[-1] for child in GROUPS if child[:-1] == self.path]
        return [
            *groups,
            *(row.path[-1] for row in COMMANDS if row.path[:-1] == self.path),
            *([] if self.path else ["help"]),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        path = (*self.path, cmd_name.casefold())
        if path in GROUPS:
            return TableGroup(path)
        if path == ("help",):
            return help_command()
        return next((TableCommand(row) for row in COMMANDS if row.path == path), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{' '.join(('spx', *self.path))} has no '{args[0]}'; there are: {known}.", ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(pages.group_page(self.path))

    def _without_verb(self) -> None:
        ctx = click.get_current_context()
        if ctx.invoked_subcommand is None:
            click.echo(pages.group_page(self.path), nl=False)


class House(click.Group):
    """`speechsmith`: everything. What runs the service is loaded only when it is asked for."""

    OPERATOR: Mapping[str, tuple[str, str]] = {
        "serve": ("speechsmith.cli.operate:serve", "Start the service."),
        "worker": ("speechsmith.cli.operate:worker", "Start a worker for a service on other machines."),
        "resource": (
            "speechsmith.cli.resource:resource",
            "Resources and their keys: create, list, rotate-key, delete.",
        ),
        "model": ("speechsmith.cli.bundles:model", "Models as files, out of a home and into another."),
        "base-model": ("speechsmith.cli.base_models:base_model", "Base models: add, list, remove, set the default."),
        "doctor": ("speechsmith.cli.doctor:doctor", "Look whether all is well, and say what to mend."),
        "capacity": ("speechsmith.cli.capacity:capacity", "What this machine can carry, measured."),
        "backup": ("speechsmith.cli.backup:backup", "All data of a home in one file, while the service runs."),
        "restore": ("speechsmith.cli.backup:restore", "A new home of a backup."),
        "upgrade": ("speechsmith.cli.backup:upgrade", "Bring the database to the version of this program."),
        "demo": ("speechsmith.cli.demo:demo", "The whole loop on sample speech."),
    }

    def __init__(self) -> None:
        super().__init__(
            "speechsmith",
            help="The open, self-hosted Custom Speech system.",
            params=[_version_option()],
            context_settings=_SETTINGS,
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.OPERATOR, "spx", *TableGroup(()).list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.OPERATOR:
            module, _, attribute = self.OPERATOR[cmd_name][0].partition(":")
            loaded: click.Command = getattr(importlib.import_module(module), attribute)
            return loaded
        return TableGroup(()) if cmd_name == "spx" else TableGroup(()).get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"speechsmith has no '{args[0]}'; there are: {known}.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("To run the service"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.OPERATOR.items()])
        with formatter.section("To work with it (the same as `spx`)"):
            groups = {path[0]: summary for path, summary in GROUPS.items() if len(path) == 1}
            rows = {row.path[0]: row.summary for row in COMMANDS if len(row.path) == 1}
            formatter.write_dl([*groups.items(), *rows.items(), ("help", "Help on any command.")])


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            click.echo(f"speechsmith {speechsmith.__version__}")
            ctx.exit()

    return click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show)
