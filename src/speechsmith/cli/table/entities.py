"""The commands of `csr` and `batch`: a row for each verb of each kind of entity."""

from dataclasses import replace

from speechsmith.cli.options import COLLECTIONS, Command, Kind, Option
from speechsmith.cli.table.shared import COMMON, MANY, ONE, PAGE

_NAME = Option("name", Kind.TEXT, "NAME", "The name shown (displayName).", "display_name")
_DESCRIPTION = Option("description", Kind.TEXT, "TEXT", "What it is, in your words.", "description")
_LANGUAGE = Option("language | locale", Kind.TEXT, "LOCALE", "The locale; en-US if not given.", "locale")
_PROJECT = Option("project [id] | project url", Kind.TEXT, "ID", "Its project, an id or a URL.", "project")
_CUSTOM = Option(
    "custom property | custom properties", Kind.PAIRS, "NAME=TEXT", "Set a custom property.", "custom_properties"
)
_PROPERTY = Option(
    "property | properties", Kind.PAIRS, "NAME=VALUE", "Set a property; the value may be JSON.", "properties"
)
_HELP_FOR = {  # where there is more to say than of other nouns
    ("model", _PROPERTY): "Set a property: customModelWeightPercent=30 says how much the text counts, 1 to 100.",
    ("transcription", _CUSTOM): "Set a custom property; subtitles=srt and adaptToSpeakers=true take effect.",
}
_EMAIL = Option("email", Kind.TEXT, "ADDRESS", "Where to write when it is done.", "properties.email")
_TIME_TO_LIVE = Option(
    "time to live", Kind.TEXT, "DURATION", "Delete it so long after its end, such as P1D.", "properties.timeToLive"
)
_WAIT = Option("wait", Kind.WAIT, "[MS]", "Stay until it is done; exit with 1 if it Failed.", "wait")
_LOGGING = Option(
    "[content] logging [enabled]", Kind.SWITCH, "[true|false]", "Keep the audio and text of what is said.", "logging"
)
_KIND = Option(
    "kind",
    Kind.TEXT,
    "KIND",
    "Acoustic, AudioFiles, Language, LanguageMarkdown, Pronunciation or OutputFormatting.",
    "kind",
)
_DATASET = Option("dataset [id] | dataset url", Kind.TEXT, "ID", "The dataset, an id or a URL.", "dataset")
_MODEL = Option("model [id] | model url", Kind.TEXT, "ID", "The model, custom or base, an id or a URL.", "model")
_DATA = Option("data [file]", Kind.INPUT, "FILE", "The file with the data.", "data")
_FILE = Option("file [id] | file url | file name", Kind.TEXT, "ID", "Which file: its id, URL or name.", "file")
_URL = Option("url", Kind.TEXT, "URL", "Download this very address.", "url")
_TARGET = Option("output file", Kind.OUTPUT, "FILE", "Save it under this name.", "target")
_LOG = Option("log [id] | log url", Kind.TEXT, "ID", "Which log: its id, URL or name.", "file")

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
_DONE_BY = {"show": "entities:status", "list": "files:list", "download": "files:download"}
_A = {noun: ("an" if noun[0] in "ae" else "a") + f" {noun}" for noun in COLLECTIONS}
_ID = "0198f569-cc11-4099-a0e8-9d55bc3d0c52"
_CREATE_EXAMPLES = {
    "project": '--name "My Project" --language en-US',
    "dataset": '--name "My Words" --kind Language --content https://example.com/words.txt --language en-US',
    "model": f'--name "My Model" --dataset {_ID} --language en-US --wait',
    "evaluation": f'--name "My Test" --model1 {_ID} --model2 {_ID} --dataset {_ID} --language en-US',
    "endpoint": f'--name "My Endpoint" --model {_ID} --language en-US',
    "transcription": '--name "My Calls" --content https://example.com/call.wav --language en-US --wait',
}


def _which(noun: str, field: str = "reference") -> Option:
    spelling = f"{noun} [id] | {noun} url | id" if field == "reference" else f"{noun} [id] | {noun} url"
    return Option(spelling, Kind.TEXT, "ID", f"The {noun}, an id or a URL.", field)


def _row(
    noun: str, verb: str, summary: str, example: str, options: tuple[Option, ...], *, required: tuple[str, ...] = ()
) -> Command:
    path = ("batch" if noun == "transcription" else "csr", noun, verb)
    shown = f"spx {' '.join(path)} {example}".rstrip()
    return Command(path, summary, _DONE_BY.get(verb, f"entities:{verb}"), (*options, *COMMON), shown, required)


def _create(noun: str) -> Command:
    options: tuple[Option, ...] = (_NAME, _LANGUAGE, *_MADE_OF.get(noun, ()), _DESCRIPTION)
    if noun != "project":
        options = (*options, _PROJECT, _PROPERTY, _EMAIL, _WAIT)
    options = (*options, _CUSTOM, *ONE)
    told = tuple(replace(option, help=_HELP_FOR.get((noun, option), option.help)) for option in options)
    return _row(noun, "create", f"Make {_A[noun]}.", _CREATE_EXAMPLES[noun], told, required=("name",))


def _list(noun: str) -> Command:
    plural = COLLECTIONS[noun]
    options: tuple[Option, ...] = (
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
        options = (_PROJECT, *options, *_files_of(noun))
    if noun == "model":
        options = (Option("base [models]", Kind.FLAG, "", "The base models.", "all.base_models"), *options)
    example = {"model": "--base", "transcription": f"--files --transcription {_ID}"}.get(noun, "")
    return _row(noun, "list", f"List {plural}, or what belongs to one.", example, (*options, *MANY))


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
    options: tuple[Option, ...] = (_which(noun),) if noun == "project" else (_which(noun), _WAIT)
    return _row(noun, verb, f"Show {_A[noun]}.", f"--{noun} {_ID}", (*options, *ONE), required=(noun,))


def _update(noun: str) -> Command:
    options: tuple[Option, ...] = (_which(noun), _NAME, _DESCRIPTION, _CUSTOM)
    if noun != "project":
        options = (*options, _PROJECT)
    if noun == "endpoint":
        options = (*options, _MODEL, _LOGGING, _WAIT)
    change = {"endpoint": f"--model {_ID}", "project": '--name "A Better Name"'}.get(noun, f"--project {_ID}")
    return _row(noun, "update", f"Change {_A[noun]}.", f"--{noun} {_ID} {change}", (*options, *ONE), required=(noun,))


def _delete(noun: str) -> Command:
    return _row(noun, "delete", f"Remove {_A[noun]}.", f"--{noun} {_ID}", (_which(noun),), required=(noun,))


def _download(noun: str) -> Command:
    file = _LOG if noun == "endpoint" else _FILE
    example = f"--{noun} {_ID} --{file.name} " + ("163715_wav" if noun == "endpoint" else "report.json")
    return _row(noun, "download", f"Save a file of {_A[noun]}.", example, (_owner(noun), file, _URL, _TARGET))


_UPLOAD = _row(
    "dataset",
    "upload",
    "Make a dataset of a file on this machine; with --dataset go on with an upload that stopped.",
    '--name "My Data" --kind Acoustic --data audio-and-transcripts.zip --language en-US --wait',
    (
        *(_NAME, _LANGUAGE, _KIND, _DATA, _DESCRIPTION, _PROJECT, _PROPERTY, _EMAIL, _WAIT, _CUSTOM),
        _which("dataset"),
        *ONE,
    ),
    required=("data",),
)
_CSR_NOUNS = tuple(noun for noun in COLLECTIONS if noun != "transcription")


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
    all_options = (*options, *_files_of(*owners), _PROJECT, *PAGE, *MANY, *COMMON)
    example = f"spx {group} list --{COLLECTIONS[nouns[0]]}"
    return Command((group, "list"), "List anything there is.", _DONE_BY["list"], all_options, example)


def _download_any(group: str, nouns: tuple[str, ...]) -> Command:
    owners = tuple(_owner(noun) for noun in nouns if noun != "project")
    file = Option(f"{_FILE.spelling} | {_LOG.spelling}", Kind.TEXT, "ID", _FILE.help, "file")
    example = f"spx {group} download --{owners[0].name} {_ID} --file report.json"
    options = (*owners, file, _URL, _TARGET, *COMMON)
    return Command((group, "download"), "Save a file of anything.", _DONE_BY["download"], options, example)


ENTITIES: tuple[Command, ...] = (
    *(_create(noun) for noun in COLLECTIONS),
    _UPLOAD,
    *(_list(noun) for noun in COLLECTIONS),
    *(_status(noun) for noun in COLLECTIONS),
    _status("evaluation", "show"),
    *(_update(noun) for noun in COLLECTIONS),
    *(_delete(noun) for noun in COLLECTIONS),
    *(_download(noun) for noun in COLLECTIONS if noun != "project"),
    _list_any("csr", _CSR_NOUNS),
    _download_any("csr", _CSR_NOUNS),
    _list_any("batch", ("transcription",)),
    _download_any("batch", ("transcription",)),
)
