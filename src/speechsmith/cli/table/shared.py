"""The options that commands of several groups take.

Fields that begin with `out.` say what becomes of the answer, those with `run.` how a command is run. Neither is sent.
"""

from speechsmith.cli.options import Kind, Option

DEFAULT_LOCALE = "en-US"
"""What is taken where --language can be given and is not."""

CONNECTION = (
    Option(
        "key | service config key",
        Kind.TEXT,
        "KEY",
        "The key of your resource (else SPEECHSMITH_KEY, else `spx config @key`).",
        "key",
    ),
    Option("region | service config region", Kind.TEXT, "REGION", "The region of a service in the cloud.", "region"),
    Option("api version", Kind.TEXT, "VERSION", "The version of the REST API; v3.1 if not given.", "version"),
    Option("api endpoint [url]", Kind.TEXT, "URL", "The whole base address, version included.", "base"),
    Option("nodefaults", Kind.FLAG, "", "Let nothing count that `spx config` keeps.", "run.nodefaults"),
)
FORMAT = Option(
    "format | output format",
    Kind.TEXT,
    "json|table|id",
    "Print the answer as JSON (the default), as a table for people, or as bare ids, one a line.",
    "out.format",
)
ANSWER = (
    FORMAT,
    Option("query", Kind.TEXT, "JMESPATH", "Print only this part of the answer.", "out.query"),
    Option("check", Kind.TEXTS, "JMESPATH", "Exit with 6 unless this is true of the answer.", "out.check"),
    Option("expect", Kind.TEXTS, "REGEX", "Exit with 6 unless what is printed matches.", "out.expect"),
    Option("not expect", Kind.TEXTS, "REGEX", "Exit with 6 if what is printed matches.", "out.unexpected"),
    Option("output json [file]", Kind.OUTPUT, "FILE", "Write the answer to a file as well.", "out.json"),
    Option("output request [file]", Kind.OUTPUT, "FILE", "Write the request as sent, the key masked.", "request"),
    Option("output path", Kind.TEXT, "FOLDER", "Where files to write lie, unless they say where.", "out.path"),
    Option("input path", Kind.TEXT, "FOLDER", "Where files to read lie, unless they say where.", "run.input"),
)
RUNS = (
    Option(
        "foreach",
        Kind.EACH,
        "NAMES in LIST",
        "Run once for each row: `--foreach name;data in @FILE`, with a tab between the cells of a row.",
        "run.foreach",
    ),
    Option("repeat", Kind.COUNT, "[N]", "Run so many times; 10 if no number is given.", "run.repeat"),
    Option("threads", Kind.NUMBER, "N", "Of several runs, so many at a time.", "run.threads"),
    Option("save", Kind.OUTPUT, "FILE", "Write the options, without keys, for a later @FILE; run nothing.", "run.save"),
    Option("cls", Kind.FLAG, "", "Clear the terminal first.", "run.cls"),
    Option("pause", Kind.FLAG, "", "On a terminal, wait for a key in the end.", "run.pause"),
    Option("processes", Kind.REFUSED, "", "runs share one process; --threads N runs N of them at a time.", "run.no"),
    Option("zip", Kind.REFUSED, "", "--save FILE keeps the options of a command.", "run.no"),
    Option("max", Kind.REFUSED, "", "--top N ends a list after N, --repeat N says how many runs there are.", "run.no"),
)
COMMON = (
    *CONNECTION,
    *ANSWER,
    *RUNS,
    Option("quiet", Kind.FLAG, "", "Print neither messages nor the answer.", "quiet"),
    Option("verbose", Kind.FLAG, "", "Name every request on standard error.", "verbose"),
)
ONE = (
    Option("output id", Kind.OUTPUT, "FILE", "Write the id; @@FILE keeps it for a later @FILE.", "out.id"),
    Option("output url | output self", Kind.OUTPUT, "FILE", "Write the URL; @@FILE likewise.", "out.url"),
    Option("output add id", Kind.OUTPUT, "FILE", "Append the id as a line.", "out.add.id"),
    Option("output add url", Kind.OUTPUT, "FILE", "Append the URL as a line.", "out.add.url"),
)
MANY = (
    Option("output ids", Kind.OUTPUT, "FILE", "Write all ids, one a line.", "out.ids"),
    Option("output urls", Kind.OUTPUT, "FILE", "Write all URLs, one a line.", "out.urls"),
    Option("output last id", Kind.OUTPUT, "FILE", "Write the id of the last one.", "out.last.id"),
    Option("output last url", Kind.OUTPUT, "FILE", "Write the URL of the last one.", "out.last.url"),
)
PAGE = (
    Option("top", Kind.NUMBER, "N", "Only one page of at most N.", "top"),
    Option("skip", Kind.NUMBER, "N", "Leave out the first N.", "skip"),
    Option("filter", Kind.TEXT, "EXPRESSION", "Only those that match, such as \"status eq 'Failed'\".", "filter"),
)

_RATES = {"wer": "wordErrorRate", "ter": "tokenErrorRate", "ser": "sentenceErrorRate"}
GATE_COUNTS = {"words": "wordCount", "sentences": "sentenceCount"}
FIGURES = {
    **{f"{name}{model}": f"{member}{model}" for name, member in (_RATES | GATE_COUNTS).items() for model in (1, 2)},
    "improvement": "probabilityOfImprovement",
}
"""What `--fail-if` may name, and the property of an evaluation that it means."""
