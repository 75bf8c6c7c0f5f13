"""`speechsmith doctor` sees each thing that is wrong, says what to mend, and touches nothing."""

import hashlib
import json
import os
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import av
import pytest
from cryptography import x509

from client.service import Answer
from speechsmith.config import Settings, from_environment
from speechsmith.doctor import data, machine, network, programs
from speechsmith.doctor.findings import State
from speechsmith.domain.jobs import Job, JobKind, JobState
from speechsmith.engines import registry
from speechsmith.jobs.presence import Presence
from speechsmith.machine import Machine
from speechsmith.main import only_service, open_home
from speechsmith.net import certificates
from speechsmith.sandbox import Limits
from speechsmith.services import resources
from speechsmith.store.blobs import Blobs
from speechsmith.store.scope import EVERY_RESOURCE

OK, WARNING, PROBLEM = State.OK, State.WARNING, State.PROBLEM


@pytest.fixture
def home(alone, tmp_path):
    """A home as `speechsmith resource create` leaves it."""
    ctx = open_home(from_environment({}, home=tmp_path / "home"))
    resources.create(ctx, name="clinic", region="here")
    ctx.store.close()
    return tmp_path / "home"


@pytest.fixture
def doctor(operate):
    """Run the command; its exit code, and the worst finding of each part."""

    def call(home, *words):
        code, out, _ = operate("doctor", "--home", home, "--json", *words)
        told = [json.loads(line) for line in out.splitlines()]
        return code, {one["part"]: one for one in sorted(told, key=lambda one: list(State).index(one["state"]))}

    return call


def found(check, home, **settings):
    """The worst that a check finds, and all that it says."""
    findings = list(check(Settings(home=home, **settings)))
    assert all(finding.mend for finding in findings if finding.state is not OK)
    worst = max((finding.state for finding in findings), key=list(State).index)
    return worst, "\n".join(f"{finding.said} {finding.mend}" for finding in findings if finding.state is worst)


def change(home, statement, *values):
    with closing(sqlite3.connect(home / "speechsmith.db")) as database, database:
        database.execute(statement, values)


def digests(home):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in home.rglob("*") if path.is_file()}


def test_a_home_that_is_well_has_no_problem_and_stays_as_it_is(doctor, home):
    before = digests(home)

    code, parts = doctor(home)

    assert code == 0
    assert not [part for part in parts.values() if part["state"] == "problem"]
    assert {"python", "libraries", "decoding", "ffmpeg", "sandbox", "disk", "memory", "clock"} < parts.keys()
    assert {"settings", "home", "database", "blobs", "service", "jobs", "base models", "address"} < parts.keys()
    assert digests(home) == before


def test_a_home_that_is_not_there_yet_is_no_problem_and_is_not_made(doctor, home, tmp_path):
    code, parts = doctor(tmp_path / "new")

    assert code == 0
    assert "is not there yet" in parts["home"]["said"]
    assert not (tmp_path / "new").exists()


def test_people_read_a_line_for_each_part_and_what_to_mend(operate, home, monkeypatch):
    monkeypatch.setenv("SPEECHSMITH_WORKERS", "many")

    code, out, _ = operate("doctor", "--home", home)

    lines = out.splitlines()
    assert code == 1
    problem, _, rest = lines[0].partition(";")
    assert problem == "PROBLEM  settings: SPEECHSMITH_WORKERS='many' does not fit: How many jobs run at once"
    assert rest.endswith("has a place.")
    assert lines[1].startswith("         -> Mend the variable")
    assert any(line.startswith("ok       database: version ") for line in lines)


@pytest.mark.parametrize(
    "setting", ["PEERS=nowhere", "EXPIRY_POLICY=soon", "MAX_ENTITIES=cats=1", "LOG_RETENTION_DAYS=-1"]
)
def test_a_setting_that_makes_no_sense_is_a_problem(doctor, home, monkeypatch, setting):
    name, _, value = setting.partition("=")
    monkeypatch.setenv(f"SPEECHSMITH_{name}", value)

    code, parts = doctor(home)

    assert code == 1
    assert parts["settings"]["state"] == "problem"
    assert name in parts["settings"]["said"]


def test_a_check_that_breaks_is_a_finding_and_hides_no_other(doctor, home, monkeypatch):
    def broken(url):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(network, "urlsplit", broken)

    code, parts = doctor(home)

    assert code == 1
    assert parts["address"]["said"] == "it could not be looked at: RuntimeError: no such thing"
    assert "database" in parts

    def closed(url):
        raise PermissionError(13, "Permission denied", "/home/of/others")

    monkeypatch.setattr(network, "urlsplit", closed)
    assert doctor(home)[1]["address"]["said"] == "/home/of/others is closed to this user"


# programs


def test_a_library_that_is_missing_or_too_old_is_named_with_the_command_that_mends_it(home, monkeypatch):
    wanted = ["nothing-of-this-name>=1", "click>=999", "numpy<1", "absent; extra == 'test'"]
    monkeypatch.setattr(programs.metadata, "requires", lambda name: wanted)

    state, said = found(programs.versions, home)

    assert state is PROBLEM
    assert "nothing-of-this-name is not installed pip install 'nothing-of-this-name>=1'" in said
    assert "click is" in said
    assert "numpy is" in said
    assert "absent" not in said


def test_an_engine_that_is_broken_and_one_that_hears_nothing_are_told(home, monkeypatch):
    monkeypatch.setattr(registry, "registry", lambda: registry.Registry({}, {"pocketsphinx": "no library"}))

    states = {finding.state: finding.said for finding in programs.engines_decode(Settings(home=home))}

    assert states[WARNING] == "pocketsphinx cannot be used: no library"
    assert "'pocketsphinx' cannot be used: no library" in states[PROBLEM]

    monkeypatch.undo()
    monkeypatch.setattr(programs, "SECONDS", 0.05)
    assert found(programs.engines_decode, home)[0] is PROBLEM


def test_an_ffmpeg_that_lacks_codecs_says_what_is_lost(home, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {"opus"})

    state, said = found(programs.foreign_audio, home)

    assert state is WARNING
    assert "FFmpeg cannot read AAC in MP4, AMR, WMA" in said


def test_limits_that_do_not_hold_are_told(home, monkeypatch):
    monkeypatch.setattr(programs, "LIMIT_BYTES", 1 << 25)  # what no limit keeps from being taken is taken
    monkeypatch.setattr(programs, "Limits", lambda memory_bytes, wall_s: Limits(memory_bytes=None, wall_s=wall_s))

    assert found(programs.sandbox_limits, home)[0] is WARNING


# the machine


@pytest.mark.parametrize(("free", "state"), [(10, PROBLEM), (5 * 10**9, WARNING), (10**12, OK)])
def test_a_disk_that_is_nearly_full_is_told(home, monkeypatch, free, state):
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage)

    assert found(machine.disk, home)[0] is state


@pytest.mark.parametrize(
    ("cores", "memory", "state"), [(2, 10**8, PROBLEM), (2, 10**9, WARNING), (1, 10**10, WARNING), (2, 10**10, OK)]
)
def test_a_machine_that_is_too_small_is_told(home, monkeypatch, cores, memory, state):
    monkeypatch.setattr("speechsmith.machine.here", lambda: Machine(cores, memory))

    assert found(machine.memory, home, decode_processes=2)[0] is state


def test_what_was_measured_on_another_machine_is_told(home):
    state, said = found(machine.live_streams, home)
    assert (state, "nothing was measured" in said) == (OK, True)

    (home / "capacity.json").write_text(
        '{"cores": 0, "decodeProcesses": 1, "liveStreams": 9, "versions": {}}', encoding="utf-8"
    )
    state, said = found(machine.live_streams, home)
    assert (state, "measured with 0 cores" in said) == (WARNING, True)
    assert f"speechsmith capacity --home {home}" in said


def test_a_clock_that_was_set_back_is_told(home):
    ahead = datetime.now(UTC).timestamp() + 3600
    os.utime(home / "speechsmith.db", (ahead, ahead))

    state, said = found(machine.clock, home)

    assert state is WARNING
    assert "from the future" in said


# the data


def test_a_home_that_others_write_into_and_a_database_that_others_read_are_told(home):
    home.chmod(0o777)
    (home / "speechsmith.db").chmod(0o644)

    state, said = found(data.home, home)

    assert state is WARNING
    assert f"chmod go-w {home}" in said
    assert f"chmod 600 {home / 'speechsmith.db'}*" in said


def test_a_home_of_another_user_is_told(home, monkeypatch):
    monkeypatch.setattr(data.os, "geteuid", lambda: 12345)
    state, said = found(data.home, home)
    assert (state, "and this is user 12345" in said) == (WARNING, True)

    monkeypatch.setattr(data.os, "access", lambda path, how: False)
    assert found(data.home, home)[0] is PROBLEM
    assert found(data.home, home / "below")[0] is PROBLEM


@pytest.mark.parametrize(
    ("number", "state", "mend"),
    [("0001", WARNING, "speechsmith upgrade"), ("9999", PROBLEM, "newer Speechsmith again, or restore a backup")],
)
def test_a_database_of_another_version_is_told(home, number, state, mend):
    change(home, "UPDATE alembic_version SET version_num = ?", number)

    found_state, said = found(data.database, home)

    assert found_state is state
    assert mend in said
    assert found(data.work, home)[0] is OK  # tables of another version are left alone
    assert list(data.base_models(Settings(home=home))) == []


def test_a_database_that_is_none_is_damaged_or_has_no_tables_is_told(home):
    file = home / "speechsmith.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:40_960] + b"\xff" * 40_960 + whole[81_920:])
    assert found(data.database, home)[0] is PROBLEM

    file.write_bytes(b"no database" * 1000)
    state, said = found(data.database, home)
    assert (state, "file is not a database" in said) == (PROBLEM, True)

    file.write_bytes(b"")
    assert found(data.database, home)[0] is WARNING


def test_a_database_that_does_not_answer_is_told_without_its_password(home):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://u:secret@127.0.0.1:{closed.getsockname()[1]}/d"

        state, said = found(data.database, home, database_url=url)

    assert state is PROBLEM
    assert "SPEECHSMITH_DATABASE_URL" in said
    assert "secret" not in said
    assert list(machine.clock(Settings(home=home, database_url=url))) == []


@pytest.mark.postgres
def test_postgresql_is_looked_at(home, postgres_url, monkeypatch):
    assert found(data.database, home, database_url=postgres_url)[0] is WARNING  # no tables yet
    assert found(machine.clock, home, database_url=postgres_url)[0] is OK

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=1)

    monkeypatch.setattr(machine, "datetime", Later)
    state, said = found(machine.clock, home, database_url=postgres_url)
    assert (state, "s from this one's" in said) == (PROBLEM, True)


def test_blobs_that_are_gone_or_cannot_be_written_to_are_told(home, monkeypatch):
    (home / "blobs").rmdir()
    state, said = found(data.blobs, home)
    assert (state, "but the database is" in said) == (PROBLEM, True)

    (home / "blobs").mkdir()
    monkeypatch.setattr(data.os, "access", lambda path, how: False)
    assert found(data.blobs, home)[0] is PROBLEM


def test_a_blob_store_elsewhere_is_asked_whether_it_answers(home, monkeypatch):
    assert found(data.blobs, home, blob_url="nonsense://x")[0] is PROBLEM

    for answers, state in ((True, OK), (False, PROBLEM)):
        monkeypatch.setattr(Blobs, "is_there", lambda self, answers=answers: answers)
        assert found(data.blobs, home, blob_url="memory:///")[0] is state


def test_a_service_and_its_workers_are_seen(home):
    assert f"none runs on {home}" in found(data.work, home)[1]
    with only_service(home), closing(Presence(home / "workers")):
        state, said = found(data.work, home)
        assert (state, "workers on this machine: 1" in said) == (OK, True)
    with only_service(home):
        assert found(data.work, home)[0] is WARNING


def test_jobs_of_workers_that_have_died_are_told(home):
    ctx = open_home(from_environment({}, home=home))
    now = datetime.now(UTC)
    job = Job(
        id=uuid4(),
        resource_id=uuid4(),
        kind=JobKind.TRAIN_MODEL,
        subject_id=uuid4(),
        created_at=now,
        not_before=now,
        state=JobState.RUNNING,
        lease_until=now - timedelta(minutes=5),
    )
    with ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.add(job)
    ctx.store.close()

    state, said = found(data.work, home)

    assert (state, "held by workers that have died: 1" in said) == (WARNING, True)


def test_base_models_that_have_ended_or_lost_their_files_are_told(home):
    today = datetime.now(UTC)
    for ends, state in ((today - timedelta(days=1), PROBLEM), (today + timedelta(days=9), WARNING)):
        assert found(data.base_models, home, expiry_policy=f"{ends:%Y-%m-%d}")[0] is state
    assert found(data.base_models, home)[0] is OK

    change(home, "UPDATE base_models SET body = json_set(body, '$.folder', 'base_models/x/y')")
    for blob_url in ("", f"file://{home}/blobs"):
        state, said = found(data.base_models, home, blob_url=blob_url)
        assert (state, "the files of pocketsphinx" in said) == (PROBLEM, True)


# the network


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("", OK),
        ("https://speech.example", OK),
        ("http://127.0.0.1:8080", OK),
        ("http://localhost", OK),
        ("http://speech.example", WARNING),
        ("speech.example", PROBLEM),
        ("http://[", PROBLEM),
    ],
)
def test_a_public_url_that_leads_nowhere_or_in_the_clear_is_told(home, url, state):
    assert found(network.address, home, public_url=url)[0] is state


def test_a_certificate_that_ends_or_cannot_be_read_is_told(home, monkeypatch):
    certificate, _ = certificates.self_signed(home / "tls", [])
    assert found(network.address, home)[0] is OK
    ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.at

    monkeypatch.setattr(network, "datetime", Later)
    for Later.at, state in ((ends - timedelta(days=9), WARNING), (ends + timedelta(days=1), PROBLEM)):
        assert found(network.address, home)[0] is state
    certificate.write_bytes(b"nothing")
    assert found(network.address, home)[0] is PROBLEM


def test_peers_are_asked_only_if_that_is_wanted(doctor, home, service, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SPEECHSMITH_PEERS", f"westus http://127.0.0.1:{closed.getsockname()[1]}")

        assert doctor(home)[0] == 0
        code, parts = doctor(home, "--peers")

    assert code == 1
    assert parts["peers"]["state"] == "problem"
    assert found(network.reachable_peers, home, peers=f"westus {service.root}")[0] is PROBLEM  # it is none
    service.on("POST", "/peers/v1/challenges", Answer({"nonce": "x"}))
    assert found(network.reachable_peers, home, peers=f"westus {service.root}")[0] is OK


def test_passwords_in_addresses_are_not_shown(doctor, home, monkeypatch):
    monkeypatch.setenv("SPEECHSMITH_PUBLIC_URL", "https://me:hidden@speech.example")
    monkeypatch.setenv("SPEECHSMITH_PEERS", "westus2 https://me:hidden@b.example")
    monkeypatch.setenv("SPEECHSMITH_BLOB_URL", "nothing://me:hidden@bucket/x?sig=hidden")

    code, worst = doctor(home)

    assert code == 1
    assert worst["address"]["said"] == "https://***@speech.example"
    assert "https://***@b.example" in worst["settings"]["said"]
    assert "hidden" not in json.dumps(worst)
