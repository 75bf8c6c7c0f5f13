"""How answers look: a part of them, tables, bare ids; and several runs of one command."""

import json
import os
import shutil
import sys

import pytest

from client.service import Answer
from speechsmith.cli import output
from speechsmith.cli.output import Output

V31 = "/speechtotext/v3.1"
MODELS = [
    {"self": "s/m1", "displayName": "One", "status": "Succeeded", "locale": "en-US", "createdDateTime": "2026-01-02"},
    {"self": "s/m2", "displayName": "Zwölf", "status": "Failed", "locale": "de-DE", "createdDateTime": "2026-01-03"},
]


@pytest.fixture
def models(aimed, service):
    service.on("GET", f"{V31}/models", Answer({"values": MODELS}))
    service.on("GET", f"{V31}/models/m1", Answer(MODELS[0] | {"properties": {"a": {"b": [1, None]}}, "none": None}))
    return aimed


def test_a_table_has_a_column_for_what_people_look_for(models):
    assert models("csr", "model", "list", "--format", "table").out.splitlines() == [
        "NAME   ID  STATUS     LOCALE  CREATED",
        "One    m1  Succeeded  en-US   2026-01-02",
        "Zwölf  m2  Failed     de-DE   2026-01-03",
    ]


def test_a_table_of_evaluations_has_their_rates_and_one_of_deliveries_their_events(aimed, service):
    rates = {"wordErrorRate1": 0.5, "wordErrorRate2": 0.3365617433414044}
    measured = {"self": "s/e1", "displayName": "E", "properties": rates}
    sent = {"self": "s/d1", "event": "ping", "status": "Succeeded"}
    service.on("GET", f"{V31}/evaluations", Answer({"values": [measured]}))
    service.on("GET", f"{V31}/webhooks/w1/deliveries", Answer({"values": [sent]}))

    assert aimed("csr", "evaluation", "list", "--format", "table").out.splitlines() == [
        "NAME  ID  WER1  WER2",
        "E     e1  0.5   0.3366",
    ]
    assert aimed("webhook", "deliveries", "--webhook", "w1", "--format", "table").out.splitlines() == [
        "ID  STATUS     EVENT",
        "d1  Succeeded  ping",
    ]


def test_an_empty_table_is_told_beside_the_answer(aimed, service):
    service.on("GET", f"{V31}/models", Answer({"values": []}))

    result = aimed("csr", "model", "list", "--format", "table")

    assert (result.code, result.out) == (0, "")
    assert result.err.endswith("There are none.\n")


def test_one_entity_is_a_table_of_its_members(models):
    lines = models("csr", "model", "status", "--model", "m1", "--format", "table").out.splitlines()

    assert lines[0] == "displayName      One"
    assert lines.index("self             s/m1") < lines.index("properties.a.b   [1, null]")
    assert "properties.a.b   [1, null]" in lines


def test_ids_are_printed_bare(models):
    assert models("csr", "model", "list", "--format", "id").out == "m1\nm2\n"
    assert models("csr", "model", "status", "--model", "m1", "--output", "format", "ID").out == "m1\n"
    assert models("csr", "model", "list", "--format", "id", "--query", "values[?status=='Failed']").out == "m2\n"
    assert models("csr", "model", "list", "--format", "id", "--query", "values[].displayName").out == "One\nZwölf\n"
    assert models("csr", "model", "list", "--format", "id", "--query", "values[?status=='x']").out == ""


def test_an_answer_without_ids_says_so(models):
    result = models("csr", "model", "list", "--format", "id", "--query", "length(values)")

    assert (result.code, result.out) == (1, "")
    assert "has no id in it" in result.err


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("values[].displayName", ["One", "Zwölf"]),
        ("length(values)", 2),
        ("nothing", None),
        ("values[0].{name: displayName}", {"name": "One"}),
    ],
)
def test_a_query_prints_a_part_and_the_file_has_the_whole(query, printed, models, alone):
    result = models("csr", "model", "list", "--query", query, "--output", "json", "all.json")

    assert result.json == printed
    assert json.loads((alone / "all.json").read_text()) == {"values": MODELS}


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("values[].displayName", ["One", "Zwölf"]),
        ("values[].{n: displayName, more: `[1]`}", ["N      MORE", "One    [1]", "Zwölf  [1]"]),
        ("length(values)", ["2"]),
        ("values[?status=='x']", []),
        ("nothing", []),
    ],
)
def test_any_part_can_be_a_table(query, lines, models):
    assert models("csr", "model", "list", "--query", query, "--format", "table").out.splitlines() == lines


def test_a_table_fits_the_terminal_and_is_whole_in_a_pipe(monkeypatch):
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((40, 10)))
    long = [{"self": "s/m1", "displayName": "N" * 50, "status": "Succeeded"}]
    whole = Output({"out.format": "table"}).rendered({"values": long})  # type: ignore[arg-type]
    monkeypatch.setattr(output, "sys", Terminal())

    fitting = Output({"out.format": "table"}).rendered({"values": long})  # type: ignore[arg-type]

    assert max(map(len, whole.splitlines())) > 60
    assert max(map(len, fitting.splitlines())) == 40
    assert "N…  m1  Succeeded" in fitting


class Terminal:
    """A `sys` whose standard output is watched."""

    stdout = type("Watched", (), {"isatty": staticmethod(lambda: True)})


def test_a_name_cannot_steer_the_terminal(aimed, service):
    entity = {"self": "s/m\x1b[2J", "displayName": "\x1b]0;x\x07\u202e", "status": "\x9b1m"}
    service.on("GET", f"{V31}/models", Answer({"values": [entity]}))

    shown = [aimed("csr", "model", "list", "--format", kind).out for kind in ("table", "id")]

    assert all(sign.isprintable() or sign == "\n" for text in shown for sign in text)


def test_a_format_that_there_is_not_is_refused(aimed, service):
    result = aimed("csr", "model", "list", "--format", "yaml")

    assert (result.code, service.asked) == (2, [])
    assert "--format is json, table or id, not 'yaml'" in result.err


def test_files_lie_where_the_paths_say(aimed, service, alone):
    (alone / "in").mkdir()
    (alone / "in" / "words.txt").write_text("one")
    service.on("POST", f"{V31}/datasets/upload", Answer({"self": "s/d1"}, 201))
    line = "csr dataset upload --name D --kind Language --data words.txt --input path in --output path out"

    result = aimed(*line.split(), "--output", "json", "a.json", "--output", "id", "@@id", "--output", "url", "-")

    assert (result.code, result.out) == (0, "s/d1\n")
    assert json.loads((alone / "out" / "a.json").read_text()) == {"self": "s/d1"}
    assert (alone / ".spx" / "id").read_text() == "d1\n"


def test_a_download_is_saved_in_the_output_path_which_is_made(aimed, service, alone):
    service.on("GET", "/content", Answer(b"abc"))

    aimed("csr", "download", "--url", service.url("/content"), "--output", "path", "out")

    assert (alone / "out" / "content").read_bytes() == b"abc"


def test_each_row_of_a_list_is_a_run_and_the_answers_are_a_list(aimed, service, alone):
    (alone / "list.tsv").write_text("A\tfirst one\n\nB\tsecond\n", encoding="utf-8")
    service.on("POST", f"{V31}/projects", Answer({"self": "s/p1"}, 201), Answer({"self": "s/p2"}, 201))
    line = ["csr", "project", "create", "--language", "de-DE", "--foreach", "name;description in @list.tsv"]

    result = aimed(*line, "--output", "json", "all.json", "--output", "add", "id", "ids.txt")

    assert (result.code, result.json) == (0, [{"self": "s/p1"}, {"self": "s/p2"}])
    sent = [(one.json["displayName"], one.json["description"], one.json["locale"]) for one in service.asked]
    assert sent == [("A", "first one", "de-DE"), ("B", "second", "de-DE")]
    assert json.loads((alone / "all.json").read_text()) == result.json
    assert (alone / "ids.txt").read_text() == "p1\np2\n"


def test_a_run_that_fails_stops_no_other(aimed, service):
    refusal = {"code": "InvalidRequest", "message": "No."}
    service.on("GET", f"{V31}/models/a", Answer({"self": "s/a"}))
    service.on("GET", f"{V31}/models/c", Answer({"self": "s/c"}))
    service.on("GET", f"{V31}/models/b", Answer(refusal, 400))

    result = aimed("csr", "model", "status", "--foreach", "model", "in", "a;b;c")

    assert result.code == 1
    assert result.json == [{"self": "s/a"}, {"error": {"message": "No.", "exitCode": 1}}, {"self": "s/c"}]
    assert "Run 2 of 3:\nERROR: No. (InvalidRequest)" in result.err


def test_runs_at_a_time_keep_their_order(aimed, service):
    for name in "abcdefgh":
        service.on("GET", f"{V31}/models/{name}", Answer({"self": f"s/{name}"}))

    result = aimed(
        "csr", "model", "status", "--foreach", "model in a;b;c;d;e;f;g;h", "--threads", "4", "--format", "id"
    )

    assert (result.code, result.out.split()) == (0, list("abcdefgh"))
    assert sorted(result.err.splitlines()) == [f"Run {at} of 8 ... Done!" for at in range(1, 9)]


def test_each_run_is_checked(aimed, service):
    for name, status in (("a", "Succeeded"), ("b", "Failed")):
        service.on("GET", f"{V31}/models/{name}", Answer({"self": f"s/{name}", "status": status}))

    line = ["csr", "model", "status", "--foreach", "id in a;b", "--check", "status=='Succeeded'", "--query", "status"]
    result = aimed(*line)

    assert (result.code, result.json) == (6, ["Succeeded", "Failed"])


def test_a_command_is_repeated(aimed, service):
    service.on("GET", f"{V31}/models", Answer({"values": []}))

    assert len(aimed("csr", "model", "list", "--repeat").json) == 10
    assert len(aimed("csr", "model", "list", "--repeat", "2").json) == 2
    assert len(service.asked) == 12


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--foreach", "name in @none"], "There is no file for '@none'"),
        (["--foreach", "name"], "takes NAME;NAME in @FILE"),
        (["--foreach", "colour in a;b"], "'colour', which is no option"),
        (["--foreach", "name;description in @bad.tsv"], "Row 2 of @bad.tsv has 1 cells, --foreach names 2"),
        (["--foreach", "name in @files.txt"], "would name a file"),
        (["--foreach", "name in @empty.txt"], "nothing to run"),
        (["--foreach", "description in a;b"], "project name not found"),
        (["--name", "x", "--repeat", "0"], "nothing to run"),
        (["--name", "x", "--zip", "f"], "'--zip' is not done here: --save FILE"),
        (["--name", "x", "--processes=4"], "'--processes' is not done here"),
        (["--name", "x", "max=4"], "'--max' is not done here"),
    ],
)
def test_runs_that_cannot_be_are_refused_before_anything_is_sent(words, told, aimed, service, alone):
    (alone / "bad.tsv").write_text("a\tb\nc\n")
    (alone / "files.txt").write_text("a\n@/etc/hostname\n")
    (alone / "empty.txt").write_text("\n")

    result = aimed("csr", "project", "create", *words)

    assert (result.code, service.asked) == (2, [])
    assert told in result.err


def test_options_are_saved_without_keys_for_a_later_file(aimed, service, alone):
    service.on("POST", f"{V31}/projects", Answer({"self": "s/p1"}, 201))
    words = ["--name", "it's two words", "--key", "abcdef", "--description", "--x y", "--language", "@locale"]
    (alone / "locale").write_text("de-DE")

    saved = aimed("csr", "project", "create", *words, "--save", "mine.opt")
    asked_yet = len(service.asked)
    run = aimed("csr", "project", "create", "@mine.opt")

    assert (saved.code, saved.out, asked_yet, run.code) == (0, "", 0, 0)
    assert "spx csr project create @mine.opt" in saved.err
    assert "abcdef" not in (alone / "mine.opt").read_text()
    assert service.asked[0].json == {"locale": "de-DE", "displayName": "it's two words", "description": "--x y"}


def test_a_value_of_several_lines_cannot_be_saved(aimed, alone):
    result = aimed("csr", "project", "create", "--name", "a\nb", "--save", "mine.opt")

    assert (result.code, (alone / "mine.opt").exists()) == (2, False)
    assert "--name @FILE" in result.err


def test_the_terminal_is_left_alone_where_there_is_none(aimed, service):
    service.on("GET", f"{V31}/models", Answer({"values": []}))

    assert aimed("csr", "model", "list", "--cls", "--pause").json == {"values": []}
    assert not sys.stdout.isatty()
