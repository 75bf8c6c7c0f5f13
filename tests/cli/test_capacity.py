"""`speechsmith capacity` measures, and what it plans with that is arithmetic that can be checked by hand."""

import json

import pytest

from speechsmith.engines import registry
from speechsmith.services.capacity import Machine, Measured, machine, planned

MEASURED = Measured(audio_s=20.0, cpu_per_second=0.25, telephone_cpu_per_second=0.5, memory_bytes=250_000_000)


@pytest.mark.parametrize(
    ("cores", "memory_bytes", "processes", "limited_by", "hours", "streams"),
    [
        (8, 64_000_000_000, 8, "cores", 192.0, 8),  # 24 h * 8 processes / 0.5 s, and half of that
        (8, 3_000_000_000, 4, "memory", 96.0, 4),  # 0.75 * 3 GB - 0.25 GB hold 4 pairs of 0.25 GB
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


def test_the_limits_of_a_container_count(tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "sys" / "fs" / "cgroup").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal:       16000000 kB\nMemFree: 1 kB\n", encoding="ascii")
    assert machine(tmp_path).memory_bytes == 16_000_000 * 1024

    (tmp_path / "sys" / "fs" / "cgroup" / "memory.max").write_text("4000000000\n", encoding="ascii")
    (tmp_path / "sys" / "fs" / "cgroup" / "cpu.max").write_text("100000 100000\n", encoding="ascii")
    assert machine(tmp_path) == Machine(1, 4_000_000_000)

    (tmp_path / "sys" / "fs" / "cgroup" / "memory.max").write_text("max\n", encoding="ascii")
    assert machine(tmp_path).memory_bytes == 16_000_000 * 1024


@pytest.mark.slow
def test_what_is_told_was_measured_here(operate):
    code, out, _ = operate("capacity", "--json")
    assert code == 0
    told = json.loads(out)

    measured = told["measured"]
    assert 10 < measured["audioSeconds"] < 60
    assert 0.01 < measured["cpuPerAudioSecond"] < 10
    assert 0.01 < measured["telephoneCpuPerAudioSecond"] < 10
    assert 50e6 < measured["processBytes"] < 1e9
    assert told["settings"]["SPEECHSMITH_DECODE_PROCESSES"] == str(told["decodeProcesses"])


def test_people_read_how_it_was_worked_out_and_what_to_set(operate, monkeypatch):
    monkeypatch.setattr("speechsmith.services.capacity.measure", lambda: MEASURED)
    monkeypatch.setattr("speechsmith.services.capacity.machine", lambda: Machine(2, 8_000_000_000))

    code, out, _ = operate("capacity")

    assert code == 0
    assert "2 cores, 8.0 GB of memory" in out
    assert "0.25 CPU seconds a second of audio, 0.50 as over a telephone; 250 MB a process" in out
    assert "48 hours of audio a day" in out
    assert "50% of the processor is kept" in out
    assert "SPEECHSMITH_DECODE_PROCESSES=2 SPEECHSMITH_WORKERS=1" in out


def test_a_machine_that_decodes_nothing_is_told_where_to_look(operate, monkeypatch):
    monkeypatch.setattr(registry, "registry", lambda: registry.Registry({}, {"pocketsphinx": "no library"}))

    code, out, err = operate("capacity")

    assert (code, out) == (1, "")
    assert err.startswith("ERROR: Nothing can be decoded here: The engine 'pocketsphinx' cannot be used")
    assert "speechsmith doctor" in err
