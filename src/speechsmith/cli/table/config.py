"""The commands that keep defaults, set the command line up, and explain it."""

from speechsmith.cli.options import Command, Kind, Option

_QUIET = Option("quiet", Kind.FLAG, "", "Print no messages.", "quiet")
_HIVE = Option("hive", Kind.TEXT, "HIVE", "Where: local (./.spx), user (the default), global, system or `.`.", "hive")

CONFIG = Command(
    ("config",),
    "Show, keep or remove a default: @key, @region, @endpoint, or any text for a later @NAME.",
    "config:config",
    (
        Option("set", Kind.TEXT, "VALUE", "Keep this value; - reads it from standard input.", "set"),
        Option("add", Kind.TEXT, "[NAME] VALUE", "Append a line: VALUE, or NAME=VALUE.", "add"),
        Option("clear", Kind.FLAG, "", "Remove it.", "clear"),
        Option("find", Kind.TEXT, "NAME", "Tell every file in which it is kept; NAME may have a *.", "find"),
        Option("region", Kind.TEXT, "REGION", "What is kept for a region; with --find, * for any.", "region"),
        Option("command", Kind.TEXT, "COMMAND", "What is kept for a command and those below it.", "command"),
        _HIVE,
        _QUIET,
    ),
    "spx config @endpoint --set http://127.0.0.1:8080",
    argument="[COMMAND] @NAME",
)

INIT = Command(
    ("init",),
    "Set up: which service, which key, which defaults. Asks what is not given, tries the service, keeps the answers.",
    "init:init",
    (
        Option("endpoint [url]", Kind.TEXT, "URL", "Its address, such as http://127.0.0.1:8080.", "endpoint"),
        Option("region", Kind.TEXT, "REGION", "Or the region of a service in the cloud.", "region"),
        Option("key", Kind.TEXT, "KEY", "The key; - reads it from standard input.", "key"),
        Option("language | locale", Kind.TEXT, "LOCALE", "The locale of what is made without one.", "locale"),
        Option("project [id]", Kind.TEXT, "ID", "The project of what is made without one.", "project"),
        _HIVE,
        Option("yes", Kind.FLAG, "", "Ask nothing; what is not given is not kept.", "yes"),
        _QUIET,
    ),
    "spx init --endpoint http://127.0.0.1:8080 --key - --language en-US --yes",
)
COMPLETION = Command(
    ("completion",),
    'Print what makes a shell complete commands and options: eval "$(spx completion bash)".',
    "completion:script",
    (),
    "spx completion bash",
    argument="bash|zsh|fish",
)
