"""Which service and which key are meant, and what `spx config` keeps."""

import os
import stat

import pytest

from client.service import Answer
from speechsmith.cli import hives
from speechsmith.cli.address import base_address, key


@pytest.fixture
def environment(monkeypatch, alone):
    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"SPEECHSMITH_{name.upper()}", value)

    return put


def test_an_address_gets_the_path_and_the_version(environment):
    environment(endpoint="http://127.0.0.1:8080/")

    assert base_address({}) == "http://127.0.0.1:8080/speechtotext/v3.1"
    assert base_address({"version": "v3.2"}) == "http://127.0.0.1:8080/speechtotext/v3.2"


def test_an_address_that_has_the_path_already_does_not_get_it_twice(environment):
    environment(endpoint="http://127.0.0.1:8080/speechtotext/v3.2")

    assert base_address({}) == "http://127.0.0.1:8080/speechtotext/v3.1"


def test_the_endpoint_option_is_the_whole_base(environment):
    environment(endpoint="http://127.0.0.1:8080")

    assert base_address({"base": "http://x/speechtotext/v3.2/", "version": "v3.1"}) == "http://x/speechtotext/v3.2"


def test_a_region_given_as_an_option_beats_an_endpoint_of_the_environment(environment):
    environment(endpoint="http://127.0.0.1:8080")

    assert base_address({"region": "westus2"}) == "https://westus2.api.cognitive.microsoft.com/speechtotext/v3.1"


def test_the_environment_beats_what_is_kept(environment, spx):
    spx("config", "@endpoint", "--set", "http://kept:1")
    spx("config", "@key", "--set", "kept-key")
    assert base_address({}) == "http://kept:1/speechtotext/v3.1"
    assert key({}) == "kept-key"

    environment(endpoint="http://environment:1", key="environment-key")

    assert base_address({}) == "http://environment:1/speechtotext/v3.1"
    assert (key({}), key({"key": "option-key"})) == ("environment-key", "option-key")


def test_a_region_cannot_lead_to_another_host(alone):
    with pytest.raises(Exception, match="not a region"):
        base_address({"region": "evil.example.com/"})


def test_a_default_is_kept_shown_and_removed(spx):
    assert spx("config", "@region", "--set", "westus2").code == 0
    assert spx("config", "@region").out == "westus2\n"
    assert spx("config", "@region", "--clear").code == 0

    gone = spx("config", "@region")

    assert (gone.code, gone.out) == (1, "")
    assert "not set" in gone.err


def test_a_key_is_kept_for_its_owner_and_shown_masked(spx, tmp_path):
    result = spx("config", "@key", "--set", "0123456789abcdef")

    kept = tmp_path / "home" / "spx" / "key"
    assert kept.read_text() == "0123456789abcdef"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert spx("config", "@key").out == "********cdef\n"
    assert "0123456789" not in result.out + result.err


def test_a_file_that_others_could_read_is_closed_to_them(alone):
    kept = alone / "key"
    kept.write_text("old")
    kept.chmod(0o644)

    hives.keep(kept, "new")

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_new_key_is_never_readable_by_others(alone, monkeypatch):
    opened = []
    monkeypatch.setattr(os, "open", lambda path, flags, mode: opened.append(mode) or os.dup(1))

    with pytest.raises(FileNotFoundError):
        hives.keep(alone / "key", "")

    assert opened == [0o600]


def test_the_working_folder_comes_before_the_user(spx, alone):
    spx("config", "@region", "--set", "far")
    spx("config", "@region", "--set", "near", "--hive", "local")

    assert (alone / ".spx" / "region").read_text() == "near"
    assert spx("config", "@region").out == "near\n"
    assert spx("config", "@region", "--hive", "user").out == "far\n"


def test_a_value_can_come_from_a_file(spx, alone):
    (alone / "secret.txt").write_text("from-file\n", encoding="utf-8")

    spx("config", "@key", "--set", "@secret.txt")

    assert key({}) == "from-file"


def test_an_address_from_the_working_folder_does_not_get_the_users_key(environment, spx):
    spx("config", "@key", "--set", "mine")
    spx("config", "@endpoint", "--set", "http://somebody:1", "--hive", "local")

    result = spx("csr", "project", "list")
    assert result.code == 2
    assert "not sent there" in result.err
    environment(key="mine-too")
    assert spx("csr", "project", "list").code == 2

    assert key({"key": "given"}) == "given"
    environment(endpoint="http://home:1")
    assert key({}) == "mine-too"


def test_an_address_and_a_key_from_the_working_folder_belong_together(spx):
    spx("config", "@key", "--set", "mine")
    spx("config", "@endpoint", "--set", "http://somebody:1", "--hive", "local")
    spx("config", "@key", "--set", "theirs", "--hive", "local")

    assert key({}) == "theirs"


def test_the_hives_come_in_their_order(spx, alone, tmp_path):
    for hive in ("system", "global", "user", "local"):
        assert spx("config", "@region", "--set", f"from-{hive}", "--hive", hive).code == 0
        assert spx("config", "@region").out == f"from-{hive}\n"

    found = spx("config", "--find", "region").out.splitlines()

    assert found == [
        ".spx/region",
        *(str(tmp_path / folder / "region") for folder in ("home/spx", "global", "system")),
    ]


def test_what_the_machine_keeps_is_for_everybody_unless_it_is_a_secret(spx, tmp_path):
    spx("config", "@region", "--set", "westus2", "--hive", "system")
    spx("config", "@key", "--set", "k", "--hive", "system")

    assert stat.S_IMODE((tmp_path / "system" / "region").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "system" / "key").stat().st_mode) == 0o600


def test_a_hive_that_cannot_be_written_is_refused_with_the_way_out(spx, tmp_path):
    (tmp_path / "system").write_text("no folder")

    result = spx("config", "@region", "--set", "westus2", "--hive", "system")

    assert result.code == 2
    assert "cannot be written" in result.err
    assert "--hive user" in result.err


def test_a_text_is_kept_for_a_command_and_for_those_below_it(spx, alone):
    spx("config", "csr", "model", "@endpoint", "--set", "http://gpu:1")
    spx("config", "@endpoint", "--set", "http://all:1", "--command", "csr")
    spx("config", "@endpoint", "--set", "http://rest:1")

    commands = (("csr", "model", "list"), ("csr", "project"), ("batch",))
    kept = alone.parent / "home" / "spx" / "commands" / "csr" / "endpoint"
    assert [base_address({}, command).split("/")[2] for command in commands] == ["gpu:1", "all:1", "rest:1"]
    assert spx("config", "csr", "model", "@endpoint").out == "http://gpu:1\n"
    assert spx("config", "--find", "endpoint", "--command", "csr").out == f"{kept}\n"


def test_a_key_of_a_region_is_used_where_that_region_is_in_force(environment, spx):
    spx("config", "@key", "--set", "for-all")
    spx("config", "@key", "--set", "for-one", "--region", "westus2")

    assert (key({"region": "westus2"}), key({"region": "eastus"})) == ("for-one", "for-all")
    environment(region="westus2")
    assert key({}) == "for-one"
    environment(endpoint="http://127.0.0.1:1")
    assert key({}) == "for-all"
    assert len(spx("config", "--find", "k*", "--region", "*").out.splitlines()) == 2
    assert len(spx("config", "--find", "key", "--region", "west*").out.splitlines()) == 1


def test_lines_are_appended(spx):
    spx("config", "@default.config", "--add", "language", "de-DE")
    spx("config", "@default.config", "--add", "--project P")

    assert spx("config", "@default.config").out == "language=de-DE\n--project P\n"


def test_secrets_in_a_text_of_options_are_masked(spx):
    spx("config", "@my.options", "--set", "name=key --target-key=abcdef\ntoken=xyz\nservice.config.key=@key")

    shown = "name=key --target-key=********\ntoken=********\nservice.config.key=@key\n"
    assert spx("config", "@my.options").out == shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["config", "@region", "--set", "a", "b"], "'b' is too much"),
        (["config", "../..", "@region", "--set", "a"], "neither a command nor a region"),
        (["config", "@region", "--set", "a", "--region", "../x"], "neither a command nor a region"),
        (["config", "@commands", "--set", "a"], "cannot be kept"),
        (["config", "@a\x1b[2J", "--set", "a"], "cannot be kept"),
        (["config", "--find", "key", "--hive", "user"], "leave out --hive"),
        (["config", "@key", "--set", "a", "--hive", "."], None),
        (["config", "@key", "--set", "a", "--hive", ".", "--region", "x"], "nothing is kept for a region"),
    ],
)
def test_what_cannot_be_kept_is_told(words, told, spx):
    result = spx(*words)

    assert (result.code == 0) is (told is None)
    assert told is None or told in result.err


def test_nothing_that_is_kept_counts_without_defaults(spx):
    spx("config", "@endpoint", "--set", "http://127.0.0.1:9")
    assert spx("csr", "project", "list").code == 3

    assert spx("csr", "project", "list", "--nodefaults").code == 2


def test_defaults_are_options_that_the_command_line_overrules(aimed, service):
    service.on("POST", "/speechtotext/v3.2/projects", Answer({}))
    aimed("config", "@default.config", "--set", "language=de-DE\n--api version v3.1\ndataset=D")
    aimed("config", "@default.connection", "--set", "--api-version v3.2")

    aimed("csr", "project", "create", "--name", "P")
    aimed("csr", "project", "create", "--name", "P", "--language", "fr-FR")
    plain = aimed("csr", "project", "create", "--name", "P", "--nodefaults", "--api-version", "v3.2")

    assert [asked.json["locale"] for asked in service.asked] == ["de-DE", "fr-FR", "en-US"], plain.err


def test_one_file_of_defaults_names_another(aimed, service):
    service.on("GET", "/speechtotext/v3.2/projects", Answer({"values": []}))
    aimed("config", "@mine", "--set", "api-version=v3.2")
    aimed("config", "@spx.defaults", "--add", "x")
    (hives.folders()["user"] / "spx.defaults").write_text("@mine\nservice.config.region=@region\nkey=@key\n")

    assert aimed("csr", "project", "list").json == {"values": []}


def test_a_default_never_says_what_is_changed_or_removed(aimed, service):
    aimed("config", "@default.config", "--set", "project=P\nname=N")

    removed = aimed("csr", "project", "delete")
    changed = aimed("csr", "model", "update", "--model", "M")

    assert (removed.code, changed.code, service.asked) == (2, 2, [])
    assert "Nothing is to be changed" in changed.err


def test_a_default_for_one_very_command_may_set_more(aimed, service):
    service.on("GET", "/speechtotext/v3.1/projects?top=1", Answer({"values": []}))
    aimed("config", "csr", "project", "list", "@default.config", "--set", "top=1")

    assert aimed("csr", "project", "list").code == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("colour=red", "'colour=red' is no option of any command"),
        ("key=abc", "may not set --key"),
        ("--api endpoint http://x/", "may not set --api-endpoint"),
        ("region=westus2", "spx config @region --set VALUE"),
        ("@nothing", "which no hive has"),
        ("@default.config", "without an end"),
        ("--name 'x", "cannot be read"),
        ("zip=x", "not done here"),
    ],
)
def test_a_default_that_cannot_be_one_is_told_with_its_file(line, told, aimed, service, alone):
    path = hives.folders()["user"] / "default.config"
    hives.keep(path, line)

    result = aimed("csr", "project", "list")

    assert (result.code, service.asked) == (2, [])
    assert told in result.err


@pytest.mark.parametrize(
    "line",
    [
        "output json=/tmp/stolen",
        "--save here",
        "text=@/etc/hostname",
        "project=@/etc/hostname",
        "out.query=x",
        "query=`1`",
        "check=`true`",
        "--api endpoint http://somebody:1/",
        "key=x",
        "@../../../../etc/hostname",
    ],
)
def test_a_working_folder_cannot_decide_where_to_read_write_or_send(line, aimed, service, alone):
    (alone / ".spx").mkdir()
    (alone / ".spx" / "default.config").write_text(line)

    result = aimed("csr", "model", "create", "--name", "M")

    assert (result.code, service.asked) == (2, [])
    assert ".spx/default.config" in result.err or "hostname" in result.err


def test_a_working_folder_may_say_which_language_and_project(aimed, service, alone):
    service.on("POST", "/speechtotext/v3.1/models", Answer({}))
    aimed("config", "@default.config", "--set", "language=de-DE\nproject=P", "--hive", "local")

    aimed("csr", "model", "create", "--name", "M")

    assert service.asked[0].json["locale"] == "de-DE"
    assert service.asked[0].json["project"] == {"self": service.url("/speechtotext/v3.1/projects/P")}


@pytest.mark.parametrize("named", ["@key", "@mine", "@../../home/spx/mine"])
def test_a_folder_cannot_have_the_users_texts_read_as_options(named, aimed, service, alone):
    aimed("config", "@key", "--set", "users-secret")
    aimed("config", "@mine", "--set", "users-text")
    (alone / ".spx").mkdir()
    (alone / ".spx" / "default.config").write_text(named)

    result = aimed("csr", "project", "list")

    assert (result.code, service.asked) == (2, [])
    assert "users-" not in result.out + result.err


def test_what_a_folder_keeps_cannot_steer_the_terminal(aimed, alone):
    (alone / ".spx").mkdir()
    for line in ("colour=\x1b[2J", "query=\x1b[2J", "@\x1b[2J"):
        (alone / ".spx" / "default.config").write_text(line)
        told = aimed("csr", "project", "list").err
        assert "default.config" in told
        assert "\x1b" not in told


def test_the_users_defaults_are_not_completed_by_a_folder(aimed, service, alone):
    aimed("config", "@default.config", "--set", "language=de-DE")
    (hives.folders()["user"] / "default.config").write_text("@more")
    aimed("config", "@more", "--set", "language=fr-FR", "--hive", "local")

    result = aimed("csr", "project", "list")

    assert (result.code, service.asked) == (2, [])
    assert "anybody may have written" in result.err


def test_a_link_in_a_working_folder_is_no_key_and_nothing_is_written_through_it(spx, alone, tmp_path):
    secret = tmp_path / "private"
    secret.write_text("the user's own")
    (alone / ".spx").mkdir()
    for name in ("key", "id"):
        (alone / ".spx" / name).symlink_to(secret)
    (alone / ".spx" / "endpoint").write_text("http://somebody:1")

    read = spx("csr", "project", "list")
    shown = spx("config", "@id")
    written = spx("csr", "project", "list", "--output", "ids", "@@id", "--api", "endpoint", "http://127.0.0.1:9/")
    kept = spx("config", "@id", "--set", "x", "--hive", "local")

    assert [result.code for result in (read, shown, written, kept)] == [2, 2, 2, 2]
    assert all("is a link" in result.err for result in (read, shown, written, kept))
    assert secret.read_text() == "the user's own"


def test_a_folder_of_texts_that_is_a_link_is_refused_as_well(spx, alone, tmp_path):
    spx("config", "@id", "--set", "mine")
    (alone / ".spx").symlink_to(tmp_path / "home" / "spx")

    assert "is a link" in spx("config", "@id").err


def test_a_key_is_never_put_where_a_folder_wants_it(spx, alone, tmp_path):
    (alone / ".spx").mkdir()
    (alone / ".spx" / "key").write_text("bait")
    (alone / ".spx" / "endpoint").write_text("http://somebody:1")

    result = spx("config", "@key", "--set", "mine")

    assert (alone / ".spx" / "key").read_text() == "bait"
    assert (tmp_path / "home" / "spx" / "key").read_text() == "mine"
    assert "In this folder .spx/key comes before it." in result.err


def test_an_address_that_others_can_write_does_not_get_the_users_key(spx, tmp_path):
    spx("config", "@key", "--set", "mine")
    spx("config", "@endpoint", "--set", "http://somebody:1", "--hive", "global")
    assert key({}) == "mine"

    (tmp_path / "global" / "endpoint").chmod(0o666)

    with pytest.raises(Exception, match="not sent there"):
        key({})


@pytest.mark.parametrize(
    "words",
    [
        ["csr", "project", "list", "--api-endpoint", "@there"],
        ["recognize", "--file", "a.wav", "--host", "@there"],
        ["recognize", "--file", "a.wav", "--endpoint", "@there"],
    ],
    ids=["endpoint", "host", "speech"],
)
def test_an_address_in_a_file_of_the_working_folder_does_not_get_the_users_key(spx, alone, service, words):
    spx("config", "@key", "--set", "mine")
    (alone / "a.wav").write_bytes(b"")
    for file in (alone / "there", alone / ".spx" / "there"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{service.root}/speech/recognition/x")

        refused = spx(*words)
        file.unlink()

        assert (refused.code, service.asked) == (2, [])
        assert "your key does not" in refused.err

    spx("config", "@there", "--set", f"{service.root}/speech/recognition/x", "--hive", "user")
    assert "your key does not" not in spx(*words).err


@pytest.mark.parametrize("kept", ["0198f569-cc11-4099-a0e8-9d55bc3d0c52", "ROOT/speechtotext/v3.2/endpoints/ID"])
def test_an_endpoint_that_is_kept_under_its_name_is_not_the_address_of_the_service(spx, alone, service, kept):
    """`spx csr endpoint create ... --output id @@endpoint` is what everybody writes."""
    spx("config", "@endpoint", "--set", service.root)
    spx("config", "@key", "--set", "mine")
    (alone / ".spx").mkdir()
    named = kept.replace("ROOT", service.root).replace("ID", "0198f569-cc11-4099-a0e8-9d55bc3d0c52")
    (alone / ".spx" / "endpoint").write_text(named)
    service.on("GET", "/speechtotext/v3.1/projects", Answer({"values": []}))

    assert spx("csr", "project", "list").code == 0
    assert spx("config", "@endpoint").out == f"{named}\n"
