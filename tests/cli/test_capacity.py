"""`speechsmith capacity` measures, and what it plans with that is arithmetic that can be checked by hand."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from speechsmith import machine
from speechsmith.config import Settings
from speechsmith.engines import registry
from speechsmith.machine import Machine
from speechsmith.main import CannotStart, check
from speechsmith.services import capacity
from speechsmith.services.capacity import Measured, planned

MEASURED = Measured(
    audio_s=20.0,
    cpu_per_second=0.25,
    telephone_cpu_per_second=0.5,
    guess_cpu_per_second=0.1,
    detect_cpu_per_second=0.05,
    memory_bytes=250_000_000,
    listener_bytes=50_000_000,
    guesser_bytes=100_000_000,
)


@pytest.mark.parametrize(
    ("cores", "memory_bytes", "processes", "limited_by", "hours", "streams"),
    [
        # 24 h * 8 processes / 0.5 s, and half of that; 8 processes / (0.6 s / 2 + 0.05 s), and half of that
        (8, 64_000_000_000, 8, "cores", 192.0, 11),
        # 0.75 * 3 GB - 0.25 GB hold three times what two that decode and one that listens take; no fourth guesser
        (8, 3_000_000_000, 3, "memory", 72.0, 3),
        (1, 500_000_000, 1, "memory", 24.0, 1),  # never less than one
    ],
)
def test_the_plan_follows_from_cores_memory_and_what_was_measured(  # noqa: PLR0917
    cores, memory_bytes, processes, limited_by, hours, streams
):
    plan = planned(Machine(cores, memory_bytes), MEASURED)

    assert (plan.processes, plan.limited_by) == (processes, limited_by)
    assert plan.batch_hours_a_day == pytest.approx(hours)
    assert plan.live_streams == streams


@pytest.mark.parametrize("dearer", ["telephone_cpu_per_second", "guess_cpu_per_second", "detect_cpu_per_second"])
def test_whatever_live_speech_costs_leaves_room_for_fewer_streams(dearer):
    large = Machine(16, 256_000_000_000)

    more = replace(MEASURED, **{dearer: 2 * getattr(MEASURED, dearer)})

    assert planned(large, more).live_streams < planned(large, MEASURED).live_streams


def test_the_limits_of_a_container_count(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "sys" / "fs" / "cgroup").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal:       16000000 kB\nMemFree: 1 kB\n", encoding="ascii")
    assert machine.here(tmp_path).memory_bytes == 16_000_000 * 1024

    (tmp_path / "sys" / "fs" / "cgroup" / "memory.max").write_text("4000000000\n", encoding="ascii")
    (tmp_path / "sys" / "fs" / "cgroup" / "cpu.max").write_text("100000 100000\n", encoding="ascii")
    assert machine.here(tmp_path) == Machine(1, 4_000_000_000)

    (tmp_path / "sys" / "fs" / "cgroup" / "memory.max").write_text("max\n", encoding="ascii")
    assert machine.here(tmp_path).memory_bytes == 16_000_000 * 1024


@pytest.mark.slow
def test_what_is_told_was_measured_here(operate):
    code, out, _ = operate("capacity", "--json")
    assert code == 0
    told = json.loads(out)

    measured = told["measured"]
    assert 10 < measured["audioSeconds"] < 60
    assert 0.01 < measured["cpuPerAudioSecond"] < 10
    assert 0.01 < measured["telephoneCpuPerAudioSecond"] < 10
    assert 0.01 < measured["guessCpuPerAudioSecond"] < 10
    assert 0.001 < measured["detectCpuPerAudioSecond"] < 1
    assert 50e6 < measured["processBytes"] < 1e9
    assert 10e6 < measured["listenerBytes"] < 500e6
    assert 50e6 < measured["guesserBytes"] < 500e6
    assert told["settings"]["SPEECHSMITH_DECODE_PROCESSES"] == str(told["decodeProcesses"])


@pytest.fixture
def measured(monkeypatch):
    """What a measurement finds, at once."""
    monkeypatch.setattr(capacity, "measure", lambda: MEASURED)
    monkeypatch.setattr(machine, "here", lambda: Machine(2, 8_000_000_000))


@pytest.fixture
def home(alone, tmp_path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_people_read_how_it_was_worked_out_and_what_to_set(operate, measured):
    code, out, err = operate("capacity")

    assert (code, err) == (0, "")  # no home, so nothing is kept
    assert "2 cores, 8.0 GB of memory" in out
    assert "0.25 CPU seconds a second of audio, 0.50 as over a telephone; 250 MB a process" in out
    assert "0.10 CPU seconds a second of speech for guesses, 0.050 a second of audio to find it; 100 MB for each" in out
    assert "48 hours of audio a day" in out
    assert "2 streams at once" in out
    assert "50% of the processor is kept" in out
    assert "SPEECHSMITH_DECODE_PROCESSES=2 SPEECHSMITH_WORKERS=1" in out


def test_a_service_takes_the_number_of_live_streams_that_was_measured_for_its_home(operate, measured, home):
    code, _, err = operate("capacity", "--home", home)
    assert (code, str(home / "capacity.json") in err) == (0, True)
    found = json.loads((home / "capacity.json").read_text(encoding="utf-8"))

    streams, why = capacity.live_streams(Settings(home=home))

    assert streams == found["liveStreams"] == 2
    assert "measured" in why
    assert [file.name for file in home.iterdir()] == ["capacity.json"]


def test_a_number_that_is_set_counts_before_what_was_measured(operate, measured, home):
    operate("capacity", "--home", home)

    assert capacity.live_streams(Settings(home=home, most_live_streams=7)) == (
        7,
        "SPEECHSMITH_MOST_LIVE_STREAMS is set",
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"cores": 64}, "measured with 64 cores, and there are 2"),
        ({"versions": {"speechsmith": "0.0.1"}}, "other versions"),
        ({"decodeProcesses": 7}, "it holds for 7 decode processes, and there are"),
        ({"liveStreams": 0}, "no number from 1 on"),
        ({"liveStreams": "many"}, "no number from 1 on"),
        (None, "cannot be read"),
    ],
)
def test_what_was_measured_elsewhere_is_ignored_and_the_log_says_why(operate, measured, home, caplog, change, why):  # noqa: PLR0917
    operate("capacity", "--home", home)
    file = home / "capacity.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    file.write_text("[" if change is None else json.dumps(found | change), encoding="utf-8")

    with caplog.at_level(logging.WARNING, "speechsmith.capacity"):
        streams, _ = capacity.live_streams(Settings(home=home))

    assert streams == Settings().live_streams
    assert "capacity.json ignored" in caplog.text
    assert why in caplog.text


def test_where_nothing_was_measured_it_is_so_many_for_each_core(home, caplog):
    streams, why = capacity.live_streams(Settings(home=home))

    assert streams == Settings().live_streams
    assert "nothing was measured, see `speechsmith capacity`" in why
    assert caplog.text == ""


def test_a_folder_that_is_not_there_or_closed_keeps_nothing_and_is_named(operate, measured, home, monkeypatch):
    code, out, err = operate("capacity", "--home", home / "other")
    assert (code, out) == (2, "")
    assert f"no folder {home / 'other'}" in err

    (home / "capacity.part").mkdir()
    code, out, err = operate("capacity", "--home", home, "--json")
    assert code == 1
    assert json.loads(out)["liveStreams"] == 2
    assert f"ERROR: It could not be kept in {home}: Is a directory." in err
    assert not (home / "capacity.json").exists()


def test_less_than_no_stream_is_refused():
    with pytest.raises(CannotStart, match="SPEECHSMITH_MOST_LIVE_STREAMS is a number from 0 on"):
        check(Settings(most_live_streams=-1))


def test_a_machine_that_decodes_nothing_is_told_where_to_look(operate, monkeypatch):
    monkeypatch.setattr(registry, "registry", lambda: registry.Registry({}, {"pocketsphinx": "no library"}))

    code, out, err = operate("capacity")

    assert (code, out) == (1, "")
    assert err.startswith("ERROR: Nothing can be decoded here: The engine 'pocketsphinx' cannot be used")
    assert "speechsmith doctor" in err
