"""Where answers, messages and errors go, what is kept for later, and with which code a command leaves."""

import json
import shlex
import sys

import pytest

from client.service import Answer
from speechsmith.cli import tree
from speechsmith.cli.exits import EXITS, report
from speechsmith.cli.main import run
from speechsmith.cli.progress import Progress, TimeLeft, status_line
from speechsmith.client.errors import UploadStopped

V31 = "/speechtotext/v3.1"


def model(service, status="Succeeded", **more):
    return {"self": service.url(f"{V31}/models/m1"), "displayName": "M", "status": status, **more}


def test_the_answer_alone_is_on_standard_output(aimed, service):
    service.on("POST", f"{V31}/projects", Answer({"self": "s/p1", "displayName": "Zürich"}, 201))

    result = aimed("csr", "project", "create", "--name", "Zürich")

    assert result.out == '{\n  "self": "s/p1",\n  "displayName": "Zürich"\n}\n'
    assert "Creating project 'Zürich' ... Done!" in result.err
    assert "en-US" in result.err  # the locale that nobody gave


def test_quiet_says_nothing_at_all(aimed, service):
    service.on("GET", f"{V31}/projects", Answer({"values": []}))

    result = aimed("csr", "project", "list", "--quiet")

    assert (result.code, result.out, result.err) == (0, "", "")


def test_ids_and_urls_are_kept_for_a_later_command(aimed, service, alone):
    service.on("POST", f"{V31}/models", Answer(model(service), 201))
    service.on("GET", f"{V31}/models/m1", Answer(model(service)))

    line = "csr model create --name M --output url @my.model.txt --output id @@id --output add id ids.txt"
    aimed(*line.split())
    aimed(*line.split())
    result = aimed("csr", "model", "status", "--model", "@my.model.txt")

    assert result.json["displayName"] == "M"
    assert (alone / ".spx" / "my.model.txt").read_text() == service.url(f"{V31}/models/m1\n")
    assert (alone / ".spx" / "id").read_text() == "m1\n"
    assert (alone / "ids.txt").read_text() == "m1\nm1\n"


def test_a_list_gives_all_its_ids_or_the_last(aimed, service, alone):
    page = {"values": [{"self": "s/a"}, {"self": "s/b"}]}
    service.on("GET", f"{V31}/models", Answer(page))

    line = "csr model list --output ids all.txt --output last url last.txt --output json file l.json"
    result = aimed(*shlex.split(line))

    assert result.json == page
    assert (alone / "all.txt").read_text() == "a\nb\n"
    assert (alone / "last.txt").read_text() == "s/b\n"
    assert json.loads((alone / "l.json").read_text()) == page


def test_a_dash_puts_the_ids_in_place_of_the_document(aimed, service):
    service.on("GET", f"{V31}/models", Answer({"values": [{"self": "s/a"}, {"self": "s/b"}]}))

    assert aimed("csr", "model", "list", "--output", "ids", "-", "--quiet").out == "a\nb\n"


def test_the_request_is_written_as_it_was_sent_without_the_key(aimed, service, alone):
    service.on("GET", f"{V31}/models/m1", Answer({}))
    service.on("POST", f"{V31}/endpoints", Answer({"code": "InvalidModel", "message": "No."}, 400))

    result = aimed(*["csr", "endpoint", "create", "--name", "E", "--model", "m1", "--output", "request", "r.txt"])

    written = (alone / "r.txt").read_text()
    assert result.code == 1
    assert written.startswith(f"POST {service.url(V31)}/endpoints\n")
    assert '"displayName": "E"' in written
    assert "secret-key" not in written + result.out + result.err


def test_verbose_names_the_requests(aimed, service):
    service.on("GET", f"{V31}/models", Answer({"values": []}))

    assert f"GET {service.url(V31)}/models\n" in aimed("csr", "model", "list", "--verbose").err


def test_wait_shows_the_progress_and_then_the_final_entity_once(aimed, service):
    told = {"progress": {"stage": "adapting", "percent": 40, "etaSeconds": 90, "queuePosition": 2}}
    service.on("POST", f"{V31}/models", Answer(model(service, "NotStarted"), 201))
    running, done = model(service, "Running", properties=told), model(service)
    service.on("GET", f"{V31}/models/m1", Answer(running), Answer(done))

    result = aimed(*["csr", "model", "create", "--name", "M", "--language", "en-US", "--wait"])

    assert result.json == done
    assert result.err.splitlines() == [
        "Creating model 'M' ...",
        "Creating model 'M' ... Done!",
        "Awaiting model m1 success or failure ...",
        "  Running: adapting 40 %, number 2 in the queue",
        "  Succeeded",
        "Done!",
    ]


def test_who_stops_waiting_is_told_that_it_goes_on_and_finds_it_again(aimed, service, alone, monkeypatch):
    service.on("POST", f"{V31}/models", Answer(model(service, "Running"), 201))

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("speechsmith.client.collection.Jobs.wait", interrupted)
    line = "csr model create --name M --output id @@mine --output add id all.txt --wait"
    result = aimed(*line.split())

    assert result.code == 130
    assert "To wait again: spx csr model status --model m1 --wait\n" in result.err
    assert "To stop it: spx csr model delete --model m1\n" in result.err
    assert (alone / ".spx" / "mine").read_text() == "m1\n"


def test_ids_are_appended_once_though_they_are_written_before_the_wait(aimed, service, alone):
    service.on("POST", f"{V31}/models", Answer(model(service, "Running"), 201))
    service.on("GET", f"{V31}/models/m1", Answer(model(service)))

    aimed(*["csr", "model", "create", "--name", "M", "--output", "add", "id", "all.txt", "--wait"])

    assert (alone / "all.txt").read_text() == "m1\n"


def test_lines_left_out_of_a_dataset_are_told_with_the_way_to_the_reasons(aimed, service):
    made = {"self": service.url(f"{V31}/datasets/d1"), "status": "Succeeded"}
    service.on("GET", f"{V31}/datasets/d1", Answer({**made, "properties": {"rejectedLineCount": 3}}))
    service.on("GET", f"{V31}/datasets/d2", Answer({**made, "properties": {"rejectedLineCount": 0}}))

    some = aimed(*["csr", "dataset", "status", "--dataset", "d1", "--wait"])
    none = aimed(*["csr", "dataset", "status", "--dataset", "d2", "--wait"])

    assert some.err.endswith(
        "Done!\nLeft out: 3. Which and why: spx csr dataset download --dataset d1 --file report.json\n"
    )
    assert none.err.endswith("Done!\n")


def test_a_model_that_is_not_there_is_not_called_a_base_model(aimed, service):
    service.on("GET", f"{V31}/models/m1", Answer({"code": "NotFound", "message": "There is no model m1."}, 404))
    service.on("GET", f"{V31}/models/base/m1", Answer({"code": "NotFound", "message": "There is no base model."}, 404))

    assert "ERROR: There is no model m1." in aimed("csr", "model", "status", "--model", "m1").err


def test_a_program_without_a_command_shows_its_help_and_calls_it_no_error(capsys):
    assert run(tree.House(), [], program="speechsmith") == 2
    assert capsys.readouterr().err.startswith("Usage: speechsmith")


def test_help_that_there_is_not_points_to_the_help_there_is(spx):
    assert spx("help", "nonsense").err.endswith("\nHelp: spx help\n")


def test_what_failed_is_shown_with_its_reason_and_exits_with_one(aimed, service):
    failed = model(service, "Failed", properties={"error": {"code": "InvalidData", "message": "Line 3 has no tab."}})
    service.on("GET", f"{V31}/models/m1", Answer(failed))

    result = aimed(*["csr", "model", "status", "--model", "m1", "--wait", "5000"])

    assert (result.code, result.json) == (1, failed)
    assert "ERROR: The model failed: Line 3 has no tab. (InvalidData)" in result.err


def test_what_takes_too_long_is_shown_as_it_is_and_exits_with_five(aimed, service):
    service.on("GET", f"{V31}/models/m1", Answer(model(service, "Running")))

    result = aimed(*["csr", "model", "status", "--model", "m1", "--wait", "0"])

    assert (result.code, result.json["status"]) == (5, "Running")
    assert "Timed-out!" in result.err


def test_status_without_wait_is_a_reading_and_succeeds(aimed, service):
    service.on("GET", f"{V31}/models/m1", Answer(model(service, "Failed")))

    assert aimed(*["csr", "model", "status", "--model", "m1"]).code == 0


def test_waiting_for_a_dataset_without_content_is_refused(aimed, service):
    result = aimed(*["csr", "dataset", "create", "--name", "D", "--kind", "Language", "--wait"])

    assert (result.code, service.asked) == (2, [])
    assert "dataset upload" in result.err


def test_a_refusal_names_code_inner_code_and_request(aimed, service):
    body = {"code": "InvalidRequest", "message": "Bad.", "innerError": {"code": "InvalidLocale", "message": "No xx."}}
    service.on("POST", f"{V31}/projects", Answer(body, 400, {"apim-request-id": "r1"}))

    result = aimed("csr", "project", "create", "--name", "P", "--language", "xx")

    assert (result.code, result.out) == (1, "")
    assert "ERROR: Bad. No xx. (InvalidRequest/InvalidLocale, request r1)\n" in result.err
    assert json.loads(result.err[result.err.index("{") :]) == body


def test_a_wrong_key_exits_with_four_and_says_how_to_give_one(aimed, service):
    service.on("GET", f"{V31}/projects", Answer({"error": {"code": "401", "message": "Access denied."}}, 401))

    result = aimed("csr", "project", "list")

    assert result.code == 4
    assert "SPEECHSMITH_KEY" in result.err


def test_a_key_that_was_not_given_is_not_called_wrong(spx, service, monkeypatch):
    monkeypatch.setenv("SPEECHSMITH_ENDPOINT", service.root)
    service.on("GET", f"{V31}/projects", Answer({"error": {"code": "401", "message": "Access denied."}}, 401))

    result = spx("csr", "project", "list")

    assert result.code == 4
    assert "ERROR: No key was given. Access denied. (401) Give the key with SPEECHSMITH_KEY" in result.err


def test_a_name_in_place_of_an_id_is_told_what_an_id_is(aimed, service):
    refused = Answer({"error": {"code": "404", "message": "Resource not found"}}, 404)
    service.on("GET", f"{V31}/projects/Clinic", refused)

    result = aimed("csr", "project", "show", "--project", "Clinic")

    assert result.code == 1
    assert "a name is none; the command `list` shows ids" in result.err


def test_a_service_that_is_not_there_exits_with_three_and_says_what_to_do(spx):
    result = spx("csr", "project", "list", "--api", "endpoint", "http://127.0.0.1:9/speechtotext/v3.2")

    assert result.code == 3
    assert "speechsmith serve" in result.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("csr model create", "model name not found. USE: spx csr model create --name NAME"),
        ("csr model create --nmae M", "No such option '--nmae'"),
        ("csr model create --name", "requires an argument"),
        ("csr model status --model --wait", "'--model' requires an argument"),
        ("csr model create --name M stray", "extra argument (stray); a value stands behind its option, such as --name"),
        ("csr dataset upload --name D --kind Language --data .", "names '.', which is a folder"),
        ("csr model upload --model m1", "spx csr model has no 'upload'; there are: create, list, status, show, update"),
        ("csr model copy --model m1", "model target-key not found. USE: spx csr model copy --target key KEY"),
        ("csr model copy --api-version v3.2 --model m1 --target key K --name N", "add --wait"),
        ("csr model copy --model m1 --target key K --target region a/b", "'a/b' is not a region"),
        ("csr model copy --model https://a.example/models/m1 --target key K", "the secret is not sent there"),
        ("csr project list --project P", "such as --models"),
        ("csr endpoint delete --endpoint E --log L --logs", "Either one --log, or --logs"),
        ("csr endpoint delete --endpoint E --log http://a.example/x", "does not name a log"),
        ("webhook create --name H --events all", "Cannot create webhook; webhook url not found."),
        ("webhook update --webhook H", "give at least one of --name, --url, --events, --no-events, --secret"),
        ("webhook replay --webhook H --delivery http://a.example/x", "does not name a delivery"),
        ("operation status", "operation id not found. USE: spx operation status --operation ID"),
        ("csr webhook create", "spx csr has no 'webhook'; there are: project, dataset"),
        ("intent --file a.wav", "spx has no 'intent'; there are: csr, batch, webhook, operation, recognize"),
        ("csr model update --model m1", "Nothing is to be changed; give at least one of --name, --description"),
        ("csr model update --model '' --name N", "--model is empty"),
        ("csr model status --model a/b", "neither an id nor a URL"),
        ("csr model list --top few", "takes a whole number"),
        ("csr model create --name M --text @missing", "There is no file for '@missing'"),
        ("csr model create --name M --property x", "takes NAME=VALUE"),
        ("csr dataset upload --name D --kind Language --data missing.txt", "there is no such file"),
        ("csr dataset upload --data here.txt --kind Language", "name not found"),
        ("csr dataset list --files", "Whose files? Give --dataset"),
        ("csr list", "What is to be listed? Give --projects, --datasets"),
        ("csr download", "Which file?"),
        ("csr project list --api-version latest", "There is no API version 'latest' here"),
        ("help csr nothing", "There is no help on 'csr nothing'"),
        ("config key", "Name it like @key, @region or @endpoint. Did you mean @key?"),
        ("config", "`spx config --find '*'` shows all that is kept"),
        ("config @../key --set x", "cannot be kept"),
        ("config @key --set x --hive far", "There is no hive 'far'"),
    ],
)
def test_a_line_that_cannot_be_carried_out_exits_with_two_and_says_why(line, told, aimed, alone):
    (alone / "here.txt").write_text("x", encoding="utf-8")

    result = aimed(*shlex.split(line))

    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_without_any_address_the_ways_to_give_one_are_told(spx):
    result = spx("csr", "project", "list")

    assert result.code == 2
    assert "SPEECHSMITH_ENDPOINT" in result.err


def test_an_interruption_exits_with_130(monkeypatch, capsys, alone):
    monkeypatch.setattr(tree.TableGroup, "main", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))

    assert run(tree.TableGroup(()), [], program="spx") == 130


def test_an_error_of_our_own_making_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        report(ZeroDivisionError())


def test_every_exit_code_that_is_given_is_explained():
    assert set(EXITS) == {0, 1, 2, 3, 4, 5, 6, 130}


class Terminal:
    """Standard error of somebody who is watching."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_on_a_terminal_progress_is_one_line_that_is_rewritten(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(quiet=False)

    progress.status({"status": "NotStarted"})
    progress.status({"status": "Running"})
    progress.status({"status": "Running"})
    progress.say("Done!")

    assert terminal.text == "\r  NotStarted\r  Running   \nDone!\n"


def test_elsewhere_data_is_told_of_in_tenths(capsys):
    progress = Progress(quiet=False)
    for done in range(0, 50_000_001, 1_000_000):
        progress.data(done, 50_000_000)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11 - 1
    assert lines[-1] == "  50.0 MB of 50.0 MB, 100 %"


def test_elsewhere_a_stage_is_told_of_in_tenths(capsys):
    progress = Progress(quiet=False)
    for stage in ("Learning", "Testing"):
        for percent in range(0, 100, 3):
            told = {"stage": stage, "percent": percent}
            progress.status({"status": "Running", "properties": {"progress": told}})

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 * 10
    assert lines[9:11] == ["  Running: Learning 90 %", "  Running: Testing"]


class Watch:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def watched(*looks):
    """What is told of the time left at each look: (seconds since the start, percent, the seconds that are foretold)."""
    clock = Watch()
    time_left, told = TimeLeft(clock), []
    for at, percent, foretold in looks:
        clock.now = 100.0 + at
        told.append(time_left(percent, foretold))
    return told


def test_no_time_left_is_told_before_the_work_was_seen_to_move_twice():
    assert watched((0, 40, 90), (2, 40, 93), (4, 50, 60), (6, 60, 40), (8, 60, 42))[:-1] == [None, None, None, 49.0]


def test_no_time_left_is_told_of_the_first_percents():
    assert watched((0, 1, 90), (2, 2, 93), (4, 3, 60), (6, 4, 40), (8, 5, 50))[:-1] == [None] * 4


def test_the_time_left_runs_down_while_nothing_moves_though_the_service_says_more_and_more():
    moving = [(0, 40, 90), (10, 50, 100), (20, 60, 80)]
    standing = [(20 + 10 * n, 60, 80 + 13 * n) for n in range(1, 11)]

    assert watched(*moving, *standing)[2:] == [85, 75, 65, 55, 45, 35, 25, 15, 5, None, None]


def test_the_time_left_never_grows_and_is_smoothed():
    told = watched((0, 10, 90), (10, 20, 80), (20, 30, 80), (30, 40, 90), (40, 50, 20))

    assert told == [None, None, 75, 75, 43.75]


def test_a_time_left_that_proves_far_too_short_is_taken_back():
    looks = [(0, 10, 30), (10, 20, 20), (20, 30, 10), (30, 31, 120), (40, 32, 110), (50, 33, 100)]

    assert watched(*looks) == [None, None, 10, None, None, 100]


def test_another_attempt_is_looked_at_anew():
    looks = [(0, 40, 9), (1, 50, 8), (2, 60, 7), (3, 1, 300), (4, 10, 90), (5, 20, 80)]

    assert watched(*looks)[2:] == [7, None, None, 84.5]


def test_the_time_left_is_shown_on_a_terminal(monkeypatch):
    terminal, clock = Terminal(), Watch()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(quiet=False, clock=clock)
    for percent, foretold in ((10, 500), (20, 400), (30, 231), (40, 131), (40, 140)):
        told = {"stage": "Learning", "percent": percent, "etaSeconds": foretold}
        progress.status({"status": "Running", "properties": {"progress": told}})
        clock.now += 100

    lines = [line.strip() for line in terminal.text.split("\r")]
    assert lines[2:] == [
        "Running: Learning 20 %",
        "Running: Learning 30 %, about 5 min left",
        "Running: Learning 40 %, about 3 min left",
        "Running: Learning 40 %, about 50 s left",
    ]


def test_a_status_without_progress_is_just_the_status():
    assert status_line({"status": "Running", "properties": None}) == "  Running"


def test_a_little_data_is_not_worth_a_word(capsys):
    Progress(quiet=False).data(69, 69)

    assert capsys.readouterr().err == ""


def test_an_upload_that_stopped_exits_with_three_and_tells_how_to_go_on(capsys):
    assert report(UploadStopped("The upload stopped.", "http://h/datasets/d1")) == 3
    assert "spx csr dataset upload --dataset http://h/datasets/d1 --data FILE" in capsys.readouterr().err
