"""The commands of `csr` and `batch`: a row for each verb of each kind of entity, and what only some kinds have."""

from dataclasses import replace

from speechsmith.cli.options import COLLECTIONS, Command, Kind, Option
from speechsmith.cli.table.rows import CUSTOM, DESCRIPTION, DONE_BY, ID, NAME, PROJECT, WAIT, row, which
from speechsmith.cli.table.shared import COMMON, DEFAULT_LOCALE, MANY, ONE, PAGE

_LANGUAGE = Option("language | locale", Kind.TEXT, "LOCALE", f"The locale; {DEFAULT_LOCALE} if not given.", "locale")
_PROPERTY = Option(
    "property | properties", Kind.PAIRS, "NAME=VALUE", "Set a property; the value may be JSON.", "properties"
)
_HELP_FOR = {  # where there is more to say than of other nouns
    ("model", _PROPERTY): "Set a property: customModelWeightPercent=30 says how much the text counts, 1 to 100.",
    ("transcription", CUSTOM): "Set a custom property; subtitles=srt and adaptToSpeakers=true take effect.",
}
_EMAIL = Option("email", Kind.TEXT, "ADDRESS", "Where to write when it is done.", "properties.email")
_TIME_TO_LIVE = Option(
    "time to live", Kind.TEXT, "DURATION", "Delete it so long after its end, such as P1D.", "properties.timeToLive"
)
_FAIL_IF = Option(
    "fail if",
    Kind.TEXTS,
    "CONDITION",
    'Exit with 6 if it is met, such as "wer2>15%"; see spx help gates.',
    "out.fail_if",
)
_LOGGING = Option(
    "[content] logging [enabled]", Kind.SWITCH, "[true|false]", "Keep the audio and text of what is said.", "logging"
)
_KIND = Option(
    "kind",
    Kind.TEXT,
    "Acoustic|AudioFiles|Language|LanguageMarkdown|Pronunciation|OutputFormatting",
    "What the data are.",
    "kind",
)
_DATASET = Option("dataset [id] | dataset url", Kind.TEXT, "ID", "The dataset, an id or a URL.", "dataset")
_MODEL = Option("model [id] | model url", Kind.TEXT, "ID", "The model, custom or base, an id or a URL.", "model")
_DATA = Option("data [file]", Kind.INPUT, "FILE", "The file with the data.", "data")
_FILE = Option("file [id] | file url | file name", Kind.TEXT, "ID", "Which file: its id, URL or name.", "file")
_URL = Option("url", Kind.TEXT, "URL", "Download this very address.", "url")
_TARGET = Option("output file", Kind.OUTPUT, "FILE", "Save it under this name.", "target")
_LOG = Option("log [id] | log url", Kind.TEXT, "ID", "Which log: its id, URL or name.", "file")
_CSR_NOUNS = ("project", "dataset", "model", "evaluation", "endpoint")
_NOUNS = (*_CSR_NOUNS, "transcription")

_MADE_OF = {  # what a new one is made of, beside name, language, description and project
    "dataset": (
        _KIND,
        Option("content [url]", Kind.TEXT, "URL", "Where the service gets the data.", "content_url"),
    ),
    "model": (
        Option("base [model] [id]", Kind.TEXT, "ID", "The base model; the locale's default if none.", "base_model"),
        Option("dataset [id] | datasets | dataset url", Kind.LIST, "ID", "Data to learn from; repeatable.", "datasets"),
        Option("text", Kind.TEXT, "TEXT", "Sentences to learn from, one a line; @FILE takes a file.", "text"),
    ),
    "evaluation": (
        Option("model1 [id] | model1 url", Kind.TEXT, "ID", "The first model, custom or base.", "model1"),
        Option("model2 [id] | model2 url", Kind.TEXT, "ID", "The second; give the first again to test one.", "model2"),
        _DATASET,
    ),
    "endpoint": (
        _MODEL,
        Option("text", Kind.TEXT, "TEXT", "Sentences to adapt the model with; @FILE takes a file.", "text"),
        _LOGGING,
        _TIME_TO_LIVE,
    ),
    "transcription": (
        Option("content [url] | content urls", Kind.LIST, "URL", "Recordings; several as URL1;URL2.", "content_urls"),
        Option("content container [url]", Kind.TEXT, "URL", "A container of recordings.", "content_container_url"),
        _DATASET,
        _MODEL,
        Option(
            "word level timing | word level timestamps",
            Kind.SWITCH,
            "[true|false]",
            "Time every word.",
            "properties.wordLevelTimestampsEnabled",
        ),
        Option("diarization", Kind.SWITCH, "[true|false]", "Tell speakers apart.", "properties.diarizationEnabled"),
        Option("profanity", Kind.TEXT, "MODE", "None, Removed, Tags or Masked.", "properties.profanityFilterMode"),
        Option("punctuation", Kind.TEXT, "MODE", "Such as None or Automatic.", "properties.punctuationMode"),
        _TIME_TO_LIVE,
    ),
}
_A = {noun: ("an" if noun[0] in "ae" else "a") + f" {noun}" for noun in _NOUNS}
_CREATE_EXAMPLES = {
    "project": '--name "My Project" --language en-US',
    "dataset": '--name "My Words" --kind Language --content https://example.com/words.txt --language en-US',
    "model": f'--name "My Model" --dataset {ID} --language en-US --wait',
    "evaluation": f'--name "My Test" --model1 {ID} --model2 {ID} --dataset {ID} --language en-US',
    "endpoint": f'--name "My Endpoint" --model {ID} --language en-US',
    "transcription": '--name "My Calls" --content https://example.com/call.wav --language en-US --wait',
}


def _create(noun: str) -> Command:
    options: tuple[Option, ...] = (NAME, _LANGUAGE, *_MADE_OF.get(noun, ()), DESCRIPTION)
    if noun != "project":
        options = (*options, PROJECT, _PROPERTY, _EMAIL, WAIT)
    if noun == "evaluation":
        options = (*options, _FAIL_IF)
    options = (*options, CUSTOM, *ONE)
    told = tuple(replace(option, help=_HELP_FOR.get((noun, option), option.help)) for option in options)
    return row(noun, "create", f"Make {_A[noun]}.", _CREATE_EXAMPLES[noun], told, required=("name",))


def _list(noun: str) -> Command:
    plural = COLLECTIONS[noun]
    of_project = tuple(
        Option(COLLECTIONS[of], Kind.FLAG, "", f"The {COLLECTIONS[of]} of a project.", f"all.{COLLECTIONS[of]}")
        for of in (_NOUNS[1:] if noun == "project" else ())
    )
    options: tuple[Option, ...] = (
        PROJECT,
        *of_project,
        Option(plural, Kind.FLAG, "", f"The {plural}, which is what is listed anyway.", f"all.{plural}"),
        Option(
            f"languages | locales | {noun} languages | {noun} locales",
            Kind.FLAG,
            "",
            f"The locales in which {_A[noun]} can be made.",
            f"locales.{plural}",
        ),
        *PAGE,
    )
    if noun != "project":
        options = (*options, *_files_of(noun))
    if noun == "model":
        options = (Option("base [models]", Kind.FLAG, "", "The base models.", "all.base_models"), *options)
    example = {
        "model": "--base",
        "project": f"--project {ID} --models",
        "transcription": f"--files --transcription {ID}",
    }.get(noun, "")
    return row(noun, "list", f"List {plural}, or what belongs to one.", example, (*options, *MANY))


def _files_of(*nouns: str) -> tuple[Option, ...]:
    files = Option("files", Kind.FLAG, "", "The files that belong to it.", "files")
    logs = Option("logs", Kind.FLAG, "", "What the endpoint has logged.", "files")
    flags = (*((files,) if nouns != ("endpoint",) else ()), *((logs,) if "endpoint" in nouns else ()))
    return (*flags, *(_owner(noun) for noun in nouns))


def _owner(noun: str) -> Option:
    return Option(
        f"{noun} [id] | {noun} url", Kind.TEXT, "ID", f"The {noun}, an id or a URL.", f"of.{COLLECTIONS[noun]}"
    )


def _status(noun: str, verb: str = "status") -> Command:
    options: tuple[Option, ...] = (which(noun),) if noun == "project" else (which(noun), WAIT)
    if noun == "evaluation":
        options = (*options, _FAIL_IF)
    return row(noun, verb, f"Show {_A[noun]}.", f"--{noun} {ID}", (*options, *ONE), required=(noun,))


def _update(noun: str) -> Command:
    options: tuple[Option, ...] = (which(noun), NAME, DESCRIPTION, CUSTOM)
    if noun != "project":
        options = (*options, PROJECT)
    if noun == "endpoint":
        options = (*options, _MODEL, _LOGGING, WAIT)
    change = {"endpoint": f"--model {ID}", "project": '--name "A Better Name"'}.get(noun, f"--project {ID}")
    return row(noun, "update", f"Change {_A[noun]}.", f"--{noun} {ID} {change}", (*options, *ONE), required=(noun,))


def _delete(noun: str) -> Command:
    if noun != "endpoint":
        return row(noun, "delete", f"Remove {_A[noun]}.", f"--{noun} {ID}", (which(noun),), required=(noun,))
    logs = (
        Option("logs", Kind.FLAG, "", "Not the endpoint: all that it has logged.", "logs"),
        Option("end date | until", Kind.TEXT, "DAY", "Only logs up to this day in UTC, such as 2023-03-15.", "until"),
        replace(_LOG, help=f"Not the endpoint: one log. {_LOG.help}"),
    )
    options = (which(noun), *logs)
    summary = "Remove an endpoint, or what it has logged."
    return row(noun, "delete", summary, f"--endpoint {ID} --logs", options, required=(noun,), done_by="files:delete")


def _download(noun: str) -> Command:
    file = _LOG if noun == "endpoint" else _FILE
    example = f"--{noun} {ID} --{file.name} " + ("163715_wav" if noun == "endpoint" else "report.json")
    return row(noun, "download", f"Save a file of {_A[noun]}.", example, (_owner(noun), file, _URL, _TARGET))


_UPLOAD = row(
    "dataset",
    "upload",
    "Make a dataset of a file on this machine; with --dataset go on with an upload that stopped.",
    '--name "My Data" --kind Acoustic --data audio-and-transcripts.zip --language en-US --wait',
    (
        *(NAME, _LANGUAGE, _KIND, _DATA, DESCRIPTION, PROJECT, _PROPERTY, _EMAIL, WAIT, CUSTOM),
        which("dataset"),
        *ONE,
    ),
    required=("data",),
)


def _list_any(group: str, nouns: tuple[str, ...]) -> Command:
    options: list[Option] = []
    for noun in nouns:
        plural = COLLECTIONS[noun]
        options.append(Option(plural, Kind.FLAG, "", f"The {plural}.", f"all.{plural}"))
        languages = f"{noun} languages | {noun} locales" + (" | languages" if len(nouns) == 1 else "")
        locales = f"The locales in which {_A[noun]} can be made."
        options.append(Option(languages, Kind.FLAG, "", locales, f"locales.{plural}"))
    if "model" in nouns:
        options.append(Option("base models | base", Kind.FLAG, "", "The base models.", "all.base_models"))
    owners = tuple(noun for noun in nouns if noun != "project")
    all_options = (*options, *_files_of(*owners), PROJECT, *PAGE, *MANY, *COMMON)
    example = f"spx {group} list --{COLLECTIONS[nouns[0]]}"
    return Command((group, "list"), "List anything there is.", DONE_BY["list"], all_options, example)


def _download_any(group: str, nouns: tuple[str, ...]) -> Command:
    owners = tuple(_owner(noun) for noun in nouns if noun != "project")
    of_noun = (f"{noun} file" for noun in nouns if noun not in {"project", "endpoint"})
    file = Option(" | ".join((_FILE.spelling, _LOG.spelling, *of_noun)), Kind.TEXT, "ID", _FILE.help, "file")
    example = f"spx {group} download --{owners[0].name} {ID} --file report.json"
    options = (*owners, file, _URL, _TARGET, *COMMON)
    return Command((group, "download"), "Save a file of anything.", DONE_BY["download"], options, example)


_COPY = row(
    "model",
    "copy",
    "Copy a model into another resource, which is named by its key; with v3.2 also on another server or in a region.",
    f"--model {ID} --target key @target --wait",
    (
        which("model"),
        Option(
            "target [subscription] key",
            Kind.TEXT,
            "KEY",
            "A key of the target; @FILE takes it from a file.",
            "target_key",
        ),
        Option(
            "target endpoint [url]", Kind.TEXT, "URL", "The server of the target, if it is another.", "target_endpoint"
        ),
        Option("target region", Kind.TEXT, "REGION", "The region of the target in the cloud.", "target_region"),
        Option("source resource [id]", Kind.TEXT, "ID", "The resource copied from, if v3.2 cannot find out.", "source"),
        replace(NAME, help="Name the copy so; v3.2 needs --wait for it."),
        replace(PROJECT, help="A project of the target, for the copy; v3.2 needs --wait for it."),
        WAIT,
        *ONE,
    ),
    required=("model", "target-key"),
    done_by="models:copy",
)
_REBASE = row(
    "model",
    "rebase",
    "Train a model again, with the same data, on a newer base model.",
    f"--model {ID} --dataset {ID} --wait",
    (
        which("model"),
        Option("base [model] [id]", Kind.TEXT, "ID", "The base model; the locale's default if none.", "base_model"),
        replace(_DATASET, help="Then compare the old and the new model on this Acoustic dataset."),
        NAME,
        WAIT,
        *ONE,
    ),
    required=("model",),
    done_by="models:rebase",
)
_SUSPEND = row(
    "endpoint",
    "suspend",
    "Let an endpoint answer nobody until it is resumed; it keeps its id and its model.",
    f"--endpoint {ID}",
    (which("endpoint"), *ONE),
    required=("endpoint",),
    done_by="endpoints:suspend",
)
_RESUME = row(
    "endpoint",
    "resume",
    "Let a suspended endpoint answer again; its model is deployed anew.",
    f"--endpoint {ID} --wait",
    (which("endpoint"), WAIT, *ONE),
    required=("endpoint",),
    done_by="endpoints:resume",
)
_LIMITS = Command(
    ("csr", "limits"),
    "Show what your resource may do, and what of it is used.",
    "limits:show",
    COMMON,
    "spx csr limits",
)


ENTITIES: tuple[Command, ...] = (
    *(_create(noun) for noun in _NOUNS),
    _UPLOAD,
    *(_list(noun) for noun in _NOUNS),
    *(_status(noun) for noun in _NOUNS),
    *(_status(noun, "show") for noun in _NOUNS),
    *(_update(noun) for noun in _NOUNS),
    *(_delete(noun) for noun in _NOUNS),
    *(_download(noun) for noun in _NOUNS if noun != "project"),
    _COPY,
    _REBASE,
    _SUSPEND,
    _RESUME,
    _list_any("csr", _CSR_NOUNS),
    _download_any("csr", _CSR_NOUNS),
    _LIMITS,
    _list_any("batch", ("transcription",)),
    _download_any("batch", ("transcription",)),
)
