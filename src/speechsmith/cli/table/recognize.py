"""The command that recognizes speech at once."""

from speechsmith.cli.options import Command, Kind, Option
from speechsmith.cli.table.rows import ID
from speechsmith.cli.table.shared import COMMON, DEFAULT_LOCALE

_ITEMS = "Write this of every recording: id, text, lexical text, itn text, latency, wer, json, ...; repeatable."
_INPUT = (
    Option("file", Kind.TEXT, "FILE", "The recording, in any format; - is standard input.", "file"),
    Option("files", Kind.LIST, "PATTERN", "Several: names and patterns, a;b;c, or @FILE with one a line.", "files"),
    Option("url", Kind.TEXT, "URL", "Fetch the recording there first.", "url"),
    Option("microphone", Kind.WORDS, "[DEVICE]", "Listen; the device by number or name.", "microphone"),
    Option(
        "foreach",
        Kind.WORDS,
        "COLUMNS in @LIST",
        "A recording a line, such as file;transcript in @list.tsv, with tabs or semicolons between the columns.",
        "foreach",
    ),
    Option("format", Kind.TEXT, "FORMAT", "Of the recording; the sound itself is looked at in any case.", "format"),
)
_HOW = (
    Option("once", Kind.FLAG, "", "Only the first utterance, which is so if nothing else is given.", "once"),
    Option("once plus | once+", Kind.FLAG, "", "One utterance after the other, to the end.", "all"),
    Option("continuous", Kind.FLAG, "", "All that is said, to the end of the recording or to Ctrl-C.", "all"),
    Option("timeout", Kind.NUMBER, "MS", "Send nothing more after so many milliseconds.", "timeout"),
    Option(
        "language | locale | source [language]",
        Kind.TEXT,
        "LOCALE",
        f"The locale; {DEFAULT_LOCALE} if not given.",
        "locale",
    ),
    Option("languages", Kind.LIST, "LOCALE", "The same; several cannot be told apart.", "locales"),
    Option(
        "endpoint [id] | endpoint url",
        Kind.TEXT,
        "ID",
        "The deployed model, an id or a URL; or the whole address that takes speech.",
        "endpoint",
    ),
    Option("host [url]", Kind.TEXT, "URL", "The server that takes speech, without path.", "speech.host"),
    Option("token [value]", Kind.TEXT, "TOKEN", "An access token in place of the key.", "token"),
    Option("proxy [host]", Kind.TEXT, "URL", "Send by this proxy.", "proxy"),
    Option("phrases", Kind.LIST, "PHRASE", "What is likely to be said: a;b;c, or @FILE with one a line.", "phrases"),
    Option("profanity", Kind.TEXT, "MODE", "masked (if not given), removed or raw.", "profanity"),
    Option("word level timing | word level timestamps", Kind.SWITCH, "[true|false]", "Time every word.", "word.timing"),
    Option("[content] logging [enabled]", Kind.SWITCH, "[true|false]", "Have the service keep it.", "logging"),
    Option("threads", Kind.NUMBER, "N", "Recognize so many recordings at a time; 1 if not given.", "threads"),
    Option("rest", Kind.FLAG, "", "By requests, which is how it is done in any case.", "rest"),
    Option(
        "keyword",
        Kind.REFUSED,
        "",
        "it needs a model of the word, and there is none; --microphone --continuous writes down all that is said.",
        "run.no",
    ),
    Option(
        "log",
        Kind.REFUSED,
        "",
        "--verbose names every request, and --output request FILE keeps one.",
        "run.no",
    ),
)
_CHECK = (
    Option("transcript", Kind.TEXT, "TEXT", "What was said; the answer has the word error rate.", "transcript"),
    Option(
        "check wer",
        Kind.PAIRS,
        "OP PERCENT",
        "Exit with 6 if a recording's rate is not so: lt 10, le, eq, ne, ge, gt.",
        "check",
    ),
    Option("check total wer", Kind.PAIRS, "OP PERCENT", "The same of all recordings together.", "check.total"),
    Option(
        "wer url",
        Kind.REFUSED,
        "",
        "spx counts the errors itself, on the words as spoken; give --transcript TEXT alone.",
        "run.no",
    ),
)


def _table(scope: str, help: str) -> tuple[Option, ...]:
    """Items of recordings or of phrases, where they are written, and how."""
    where = "Write them to a file; else they are printed instead of the JSON."
    form = "As a table, which is so if not given, or as objects."
    return (
        Option(f"output {scope}", Kind.WORDS, "ITEM", help, f"{scope}.items"),
        Option(f"output {scope} file", Kind.OUTPUT, "FILE", where, f"{scope}.file"),
        Option(f"output {scope} [file] type", Kind.TEXT, "tsv|json", form, f"{scope}.type"),
    )


_OUTPUT = (
    Option(
        "output json [file]",
        Kind.TARGET,
        "[FILE]",
        "Write the answer to a file as well; it is printed if nothing else is.",
        "out.json",
    ),
    Option("output tsv [file]", Kind.TARGET, "[FILE]", "A table: id, session id, text.", "out.tsv"),
    Option(
        "output vtt [file]", Kind.TARGET, "[FILE]", "Subtitles as WebVTT; {id} stands for the recording.", "out.vtt"
    ),
    Option("output srt [file]", Kind.TARGET, "[FILE]", "Subtitles as SubRip.", "out.srt"),
    Option(
        "output batch [json] [file]", Kind.TARGET, "[FILE]", "The result as batch transcription has it.", "out.batch"
    ),
    *_table("all", _ITEMS),
    *_table("each", "Write this of every phrase."),
)

_OWN = (*_INPUT, *_HOW, *_CHECK, *_OUTPUT)
_TAKEN = frozenset(key for option in _OWN for key in option.keys)

RECOGNIZE = Command(
    ("recognize",),
    "Recognize speech at once: files, a list of them, or a microphone.",
    "recognize:recognize",
    (*_OWN, *(option for option in COMMON if not option.keys & _TAKEN)),
    f"spx recognize --file call.wav --continuous --language en-US --endpoint id {ID}",
)
