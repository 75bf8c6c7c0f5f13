"""The command that keeps defaults."""

from speechsmith.cli.options import Command, Kind, Option

CONFIG = Command(
    ("config",),
    "Show, keep or remove a default: @key, @region, @endpoint, or any text for a later @NAME.",
    "config:config",
    (
        Option("set", Kind.TEXT, "VALUE", "Keep this value; - reads it from standard input.", "set"),
        Option("clear", Kind.FLAG, "", "Remove it.", "clear"),
        Option("hive", Kind.TEXT, "local|user", "Where: ./.spx, or your configuration folder.", "hive"),
        Option("quiet", Kind.FLAG, "", "Print no messages.", "quiet"),
    ),
    "spx config @endpoint --set http://127.0.0.1:8080",
    argument="@NAME",
)
