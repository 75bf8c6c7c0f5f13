"""Published command lines, letter by letter, and the request that each of them sends."""

import shlex

import pytest

from client.service import Answer

ID = "0198f569-cc11-4099-a0e8-9d55bc3d0c52"
V31, V32 = "/speechtotext/v3.1", "/speechtotext/v3.2"


def link(path: str) -> dict[str, str]:
    return {"self": f"ROOT{path}"}


def rooted(value, root):
    """The expected body with the address of the service in place of ROOT."""
    if isinstance(value, dict):
        return {name: rooted(member, root) for name, member in value.items()}
    if isinstance(value, list):
        return [rooted(member, root) for member in value]
    return value.replace("ROOT", root) if isinstance(value, str) else value


LINES = [
    # the two published how-to pages
    (
        (
            'spx csr project create --api-version v3.2 --name "My Project" --description "My Project Description" '
            '--language "en-US"'
        ),
        f"POST {V32}/projects",
        {"locale": "en-US", "displayName": "My Project", "description": "My Project Description"},
    ),
    (
        (
            'spx csr model create --api-version v3.1 --project YourProjectId --name "My Model" '
            '--description "My Model Description" --dataset YourDatasetId --language "en-US"'
        ),
        f"POST {V31}/models",
        {
            "project": link(f"{V31}/projects/YourProjectId"),
            "datasets": [link(f"{V31}/datasets/YourDatasetId")],
            "locale": "en-US",
            "displayName": "My Model",
            "description": "My Model Description",
        },
    ),
    (
        "spx csr model update --api-version v3.1 --model YourModelId --project YourProjectId",
        f"PATCH {V31}/models/YourModelId",
        {"project": link(f"{V31}/projects/YourProjectId")},
    ),
    ("spx csr project list", f"GET {V31}/projects", None),
    (
        "spx csr model create --name M --language en-US --dataset A --base 1aae1070-7972-47e9-a977-87e3b05c457d",
        f"POST {V31}/models",
        {
            "baseModel": link(f"{V31}/models/base/1aae1070-7972-47e9-a977-87e3b05c457d"),
            "datasets": [link(f"{V31}/datasets/A")],
            "locale": "en-US",
            "displayName": "M",
        },
    ),
    # the command lists
    ("spx csr project update --project P --name N", f"PATCH {V31}/projects/P", {"displayName": "N"}),
    ("spx csr project update --id P --description ''", f"PATCH {V31}/projects/P", {"description": ""}),
    ("spx csr project status --project P", f"GET {V31}/projects/P", None),
    ("spx csr project delete --project P", f"DELETE {V31}/projects/P", None),
    (
        "spx csr dataset create --name D --kind Language --content https://example.com/a.txt --project P",
        f"POST {V31}/datasets",
        {
            "project": link(f"{V31}/projects/P"),
            "kind": "Language",
            "contentUrl": "https://example.com/a.txt",
            "locale": "en-US",
            "displayName": "D",
        },
    ),
    ("spx csr dataset update --dataset D --name N", f"PATCH {V31}/datasets/D", {"displayName": "N"}),
    ("spx csr dataset status --id D", f"GET {V31}/datasets/D", None),
    ("spx csr dataset delete --dataset D", f"DELETE {V31}/datasets/D", None),
    (
        (
            'spx csr model create --name M --datasets "A;B" --dataset C --dataset ROOT/speechtotext/v3.2/datasets/D '
            "--property customModelWeightPercent=40"
        ),
        f"POST {V31}/models",
        {
            "datasets": [*(link(f"{V31}/datasets/{one}") for one in "ABC"), link(f"{V32}/datasets/D")],
            "locale": "en-US",
            "displayName": "M",
            "properties": {"customModelWeightPercent": 40},
        },
    ),
    (
        """spx csr model create --name M --text 'say "hello"\\'""",
        f"POST {V31}/models",
        {"text": 'say "hello"\\', "locale": "en-US", "displayName": "M"},
    ),
    ("spx csr model status --model M", f"GET {V31}/models/M", None),
    ("spx csr model delete --model ROOT/speechtotext/v3.2/models/M", f"DELETE {V32}/models/M", None),
    ("spx csr model list --base", f"GET {V31}/models/base", None),
    ("spx csr list --base models", f"GET {V31}/models/base", None),
    ("spx csr list --models --project P --top 2 --skip 3", f"GET {V31}/projects/P/models?top=2&skip=3", None),
    ("spx csr model list --project P", f"GET {V31}/projects/P/models", None),
    ("spx csr model list --languages", f"GET {V31}/models/locales", None),
    ("spx csr list --dataset languages", f"GET {V31}/datasets/locales", None),
    ("spx csr list --dataset D --files", f"GET {V31}/datasets/D/files", None),
    ("spx csr dataset list --dataset D --files", f"GET {V31}/datasets/D/files", None),
    ("spx csr evaluation list --evaluation E --files", f"GET {V31}/evaluations/E/files", None),
    ("spx csr endpoint list --endpoint E --logs", f"GET {V31}/endpoints/E/files/logs", None),
    ("spx csr list --endpoint E --logs", f"GET {V31}/endpoints/E/files/logs", None),
    (
        "spx csr evaluation create --name E --model1 C --model2 B --dataset D --custom property testingKind=Evaluation",
        f"POST {V31}/evaluations",
        {
            "model1": link(f"{V31}/models/C"),
            "model2": link(f"{V31}/models/base/B"),
            "dataset": link(f"{V31}/datasets/D"),
            "locale": "en-US",
            "displayName": "E",
            "customProperties": {"testingKind": "Evaluation"},
        },
    ),
    ("spx csr evaluation show --evaluation E", f"GET {V31}/evaluations/E", None),
    ("spx csr evaluation status --evaluation E", f"GET {V31}/evaluations/E", None),
    ("spx csr evaluation update --evaluation E --name N", f"PATCH {V31}/evaluations/E", {"displayName": "N"}),
    ("spx csr evaluation delete --evaluation E", f"DELETE {V31}/evaluations/E", None),
    (
        "spx csr endpoint create --name E --model B",
        f"POST {V31}/endpoints",
        {
            "model": link(f"{V31}/models/base/B"),
            "properties": {"contentLoggingEnabled": False},
            "locale": "en-US",
            "displayName": "E",
        },
    ),
    (
        "spx csr endpoint create --name E --model C --content logging enabled --time to live P1D",
        f"POST {V31}/endpoints",
        {
            "model": link(f"{V31}/models/C"),
            "properties": {"contentLoggingEnabled": True, "timeToLive": "P1D"},
            "locale": "en-US",
            "displayName": "E",
        },
    ),
    (
        "spx csr endpoint update --api-version v3.2 --endpoint E --model B",
        f"PATCH {V32}/endpoints/E",
        {"model": link(f"{V32}/models/base/B")},
    ),
    (
        "spx csr endpoint update --endpoint E --logging enabled",
        f"PATCH {V31}/endpoints/E",
        {"properties": {"contentLoggingEnabled": True}},
    ),
    ("spx csr endpoint status --endpoint E", f"GET {V31}/endpoints/E", None),
    ("spx csr endpoint delete --endpoint E", f"DELETE {V31}/endpoints/E", None),
    (
        'spx batch transcription create --name "My Transcription" --language en-US --content URL',
        f"POST {V31}/transcriptions",
        {"contentUrls": ["URL"], "locale": "en-US", "displayName": "My Transcription"},
    ),
    (
        (
            "spx batch transcription create --name T --language en-US "
            "--content 'https://a.example/1.wav;https://a.example/2,3.wav,https://a.example/4.wav' --model C "
            "--word level timing --profanity Removed --property diarizationEnabled=true --property channels=[0]"
        ),
        f"POST {V31}/transcriptions",
        {
            "model": link(f"{V31}/models/C"),
            "contentUrls": ["https://a.example/1.wav", "https://a.example/2,3.wav", "https://a.example/4.wav"],
            "locale": "en-US",
            "displayName": "T",
            "properties": {
                "wordLevelTimestampsEnabled": True,
                "profanityFilterMode": "Removed",
                "diarizationEnabled": True,
                "channels": [0],
            },
        },
    ),
    (f"spx batch transcription status --api-version v3.2 --transcription {ID}", f"GET {V32}/transcriptions/{ID}", None),
    (
        f"spx batch transcription list --api-version v3.2 --files --transcription {ID}",
        f"GET {V32}/transcriptions/{ID}/files",
        None,
    ),
    ("spx batch transcription list --transcriptions", f"GET {V31}/transcriptions", None),
    ("spx batch list --languages", f"GET {V31}/transcriptions/locales", None),
    (
        "spx batch transcription update --transcription T --name N",
        f"PATCH {V31}/transcriptions/T",
        {"displayName": "N"},
    ),
    ("spx batch transcription delete --transcription T", f"DELETE {V31}/transcriptions/T", None),
    # show is status, for every noun
    ("spx csr project show --project P", f"GET {V31}/projects/P", None),
    ("spx csr dataset show --dataset D", f"GET {V31}/datasets/D", None),
    ("spx csr model show --model M", f"GET {V31}/models/M", None),
    ("spx csr endpoint show --endpoint E", f"GET {V31}/endpoints/E", None),
    ("spx batch transcription show --transcription T", f"GET {V31}/transcriptions/T", None),
    ("spx csr project status --project ROOT/speechtotext/v3.2/projects/P", f"GET {V32}/projects/P", None),
    # the tables of options
    (
        (
            "spx csr dataset create --csr dataset name D --dataset kind Language --dataset.language de-DE "
            "--csr-description T"
        ),
        f"POST {V31}/datasets",
        {"kind": "Language", "locale": "de-DE", "displayName": "D", "description": "T"},
    ),
    (
        "spx csr dataset create --name D --kind Language",
        f"POST {V31}/datasets",
        {
            "kind": "Language",
            "locale": "en-US",
            "displayName": "D",
        },
    ),
    (
        "spx csr dataset update --dataset D --name N --description T --project P",
        f"PATCH {V31}/datasets/D",
        {"project": link(f"{V31}/projects/P"), "displayName": "N", "description": "T"},
    ),
    (
        "spx csr model create --name M --project P --base ROOT/speechtotext/v3.1/models/base/B --language de-DE",
        f"POST {V31}/models",
        {
            "project": link(f"{V31}/projects/P"),
            "baseModel": link(f"{V31}/models/base/B"),
            "locale": "de-DE",
            "displayName": "M",
        },
    ),
    (
        "spx csr model copy --model M --target key KEY",
        f"POST {V31}/models/M:copyto",
        {"targetSubscriptionKey": "KEY"},
    ),
    (
        "spx csr model copy --id M --target-subscription-key KEY",
        f"POST {V31}/models/M:copyto",
        {
            "targetSubscriptionKey": "KEY",
        },
    ),
    ("spx csr model rebase --model M", f"POST {V31}/models/M:rebase", {}),
    (
        "spx csr model rebase --model M --base B --dataset D --name N",
        f"POST {V31}/models/M:rebase",
        {"baseModel": link(f"{V31}/models/base/B"), "dataset": link(f"{V31}/datasets/D"), "displayName": "N"},
    ),
    ("spx csr limits", f"GET {V31}/limits", None),
    (
        "spx csr endpoint update --endpoint E --name N --description T --project P --content logging enabled false",
        f"PATCH {V31}/endpoints/E",
        {
            "project": link(f"{V31}/projects/P"),
            "properties": {"contentLoggingEnabled": False},
            "displayName": "N",
            "description": "T",
        },
    ),
    ("spx csr endpoint suspend --endpoint E", f"POST {V31}/endpoints/E:suspend", None),
    ("spx csr endpoint resume --endpoint E", f"POST {V31}/endpoints/E:resume", None),
    ("spx csr endpoint delete --endpoint E --logs", f"DELETE {V31}/endpoints/E/files/logs", None),
    (
        "spx csr endpoint delete --endpoint E --logs --end date 2023-03-15",
        f"DELETE {V31}/endpoints/E/files/logs?endDate=2023-03-15",
        None,
    ),
    (
        "spx csr endpoint delete --endpoint ROOT/speechtotext/v3.2/endpoints/base/en-US --logs",
        f"DELETE {V32}/endpoints/base/en-US/files/logs",
        None,
    ),
    (
        "spx csr endpoint delete --endpoint E --log ROOT/speechtotext/v3.1/endpoints/E/files/logs/2023-03-13_1_wav",
        f"DELETE {V31}/endpoints/E/files/logs/2023-03-13_1_wav",
        None,
    ),
    ("spx csr project list --projects", f"GET {V31}/projects", None),
    ("spx csr list --projects", f"GET {V31}/projects", None),
    ("spx csr list --datasets", f"GET {V31}/datasets", None),
    ("spx csr list --models", f"GET {V31}/models", None),
    ("spx csr list --evaluations", f"GET {V31}/evaluations", None),
    ("spx csr list --endpoints --skip 1", f"GET {V31}/endpoints?skip=1", None),
    ("spx csr list --project P --endpoints", f"GET {V31}/projects/P/endpoints", None),
    ("spx csr project list --project P --endpoints", f"GET {V31}/projects/P/endpoints", None),
    ("spx csr project list --project P --transcriptions --top 5", f"GET {V31}/projects/P/transcriptions?top=5", None),
    ("spx csr dataset list --project P", f"GET {V31}/projects/P/datasets", None),
    ("spx csr evaluation list --project P", f"GET {V31}/projects/P/evaluations", None),
    ("spx csr endpoint list --project P", f"GET {V31}/projects/P/endpoints", None),
    ("spx batch transcription list --project P", f"GET {V31}/projects/P/transcriptions", None),
    ("spx csr model list --base models", f"GET {V31}/models/base", None),
    ("spx csr model list --base --api-version v3.2", f"GET {V32}/models/base", None),
    ("spx csr project list --languages", f"GET {V31}/projects/locales", None),
    ("spx csr dataset list --dataset languages", f"GET {V31}/datasets/locales", None),
    ("spx csr evaluation list --languages", f"GET {V31}/evaluations/locales", None),
    ("spx csr list --endpoint languages", f"GET {V31}/endpoints/locales", None),
    ("spx csr list --model M --files", f"GET {V31}/models/M/files", None),
    ("spx csr list --evaluation E --files --top 3", f"GET {V31}/evaluations/E/files?top=3", None),
    ("spx batch transcription list --languages", f"GET {V31}/transcriptions/locales", None),
    ("spx batch list --transcriptions --top 5 --skip 5", f"GET {V31}/transcriptions?top=5&skip=5", None),
    ("spx batch list --files --transcription T", f"GET {V31}/transcriptions/T/files", None),
    (
        (
            "spx batch transcription create --name T --dataset D --project P --description W --email a@b.example "
            "--time to live P1D --language de-DE"
        ),
        f"POST {V31}/transcriptions",
        {
            "project": link(f"{V31}/projects/P"),
            "dataset": link(f"{V31}/datasets/D"),
            "locale": "de-DE",
            "displayName": "T",
            "description": "W",
            "properties": {"email": "a@b.example", "timeToLive": "P1D"},
        },
    ),
    # of our own
    (
        "spx webhook create --name H --url https://a.example/h --events 'modelCompletion;deletion' --secret S",
        f"POST {V31}/webhooks",
        {
            "displayName": "H",
            "webUrl": "https://a.example/h",
            "events": {
                "modelCompletion": True,
                "datasetDeletion": True,
                "modelDeletion": True,
                "evaluationDeletion": True,
                "transcriptionDeletion": True,
                "endpointDeletion": True,
            },
            "properties": {"secret": "S"},
        },
    ),
    (
        "spx webhook update --webhook H --no events model --events ENDPOINTCOMPLETION --secret ''",
        f"PATCH {V31}/webhooks/H",
        {
            "events": {
                "endpointCompletion": True,
                "modelCreation": False,
                "modelProcessing": False,
                "modelCompletion": False,
                "modelDeletion": False,
            },
            "properties": {"secret": ""},
        },
    ),
    (
        "spx webhook update --webhook H --url https://a.example/i --api version v3.2",
        f"PATCH {V32}/webhooks/H",
        {"webUrl": "https://a.example/i"},
    ),
    ("spx webhook list --top 2", f"GET {V31}/webhooks?top=2", None),
    ("spx webhook status --webhook H", f"GET {V31}/webhooks/H", None),
    ("spx webhook show --id H", f"GET {V31}/webhooks/H", None),
    ("spx webhook delete --webhook H", f"DELETE {V31}/webhooks/H", None),
    ("spx webhook deliveries --webhook H --top 20", f"GET {V31}/webhooks/H/deliveries?top=20", None),
    ("spx webhook deliveries --webhook H --delivery D", f"GET {V31}/webhooks/H/deliveries/D", None),
    ("spx webhook replay --webhook H --delivery D", f"POST {V31}/webhooks/H/deliveries/D:replay", None),
    (
        "spx webhook replay --webhook H --delivery ROOT/speechtotext/v3.1/webhooks/H/deliveries/D",
        f"POST {V31}/webhooks/H/deliveries/D:replay",
        None,
    ),
    ("spx operation status --operation O", f"GET {V32}/operations/models/copy/O", None),
    (
        "spx operation show --operation ROOT/speechtotext/v3.2/operations/models/copy/O",
        f"GET {V32}/operations/models/copy/O",
        None,
    ),
    ("spx CSR Project List --API-Version 3.2", f"GET {V32}/projects", None),
]


@pytest.mark.parametrize(("line", "request_line", "body"), LINES, ids=[line for line, _, _ in LINES])
def test_a_published_line_sends_its_request(line, request_line, body, aimed, service):
    method, path = request_line.split()
    answer = {"values": []} if method == "GET" else {"self": service.url(path), "displayName": "x"}
    for version in (V31, V32):  # C is a custom model, B a base model
        service.on("GET", f"{version}/models/C", Answer({}))
        service.on("GET", f"{version}/models/base/B", Answer({}))
    service.on(method, path, Answer(None, 204) if method == "DELETE" else Answer(answer))

    result = aimed(*shlex.split(line.replace("ROOT", service.root))[1:])

    assert result.code == 0, result.err
    assert service.lines[-1] == request_line
    assert service.asked[-1].json == rooted(body, service.root)
    assert service.asked[-1].headers["Ocp-Apim-Subscription-Key"] == "secret-key"
    assert result.json == ({} if method == "DELETE" else answer)


def test_a_file_is_uploaded_with_the_published_fields(aimed, service, alone):
    (alone / "words.txt").write_text("one two\n", encoding="utf-8")
    service.on("POST", f"{V31}/datasets/upload", Answer({"self": "s/d1"}, 201))

    line = "csr dataset upload --name D --kind Language --data words.txt --language de-DE --project P"
    result = aimed(*shlex.split(line))

    assert result.json == {"self": "s/d1"}
    body = service.asked[0].body.decode()
    assert "one two\n" in body
    assert 'name="locale"\r\n\r\nde-DE' in body
    assert f"{service.root}{V31}/projects/P" in body


def test_an_upload_is_resumed_by_naming_the_dataset(aimed, service, alone):
    (alone / "words.txt").write_text("one two\n", encoding="utf-8")
    service.on("GET", f"{V31}/datasets/d1/blocks", Answer({}))

    result = aimed(*["csr", "dataset", "upload", "--dataset", "d1", "--data", "words.txt"])

    assert result.code == 1  # the scripted service takes no block
    assert service.lines[1].startswith(f"PUT {V31}/datasets/d1/blocks?blockid=")


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("csr dataset download --dataset d1 --file report.json", ["/datasets/d1/files", "/datasets/d1/files/f1"]),
        ("csr download --dataset d1 --file f1", ["/datasets/d1/files", "/datasets/d1/files/f1"]),
        ("csr download --file ROOT/speechtotext/v3.1/datasets/d1/files/f1", ["/datasets/d1/files/f1"]),
        ("csr dataset download --dataset d1 --dataset file f1", ["/datasets/d1/files", "/datasets/d1/files/f1"]),
        ("batch download --file ROOT/speechtotext/v3.1/datasets/d1/files/f1", ["/datasets/d1/files/f1"]),
    ],
)
def test_a_file_is_located_and_saved_under_its_name(line, asked, aimed, service, alone):
    entity = {
        "self": service.url(f"{V31}/datasets/d1/files/f1"),
        "name": "../../report.json",
        "links": {"contentUrl": service.url("/content")},
    }
    listed = {**entity, "name": "report.json"}
    service.on("GET", f"{V31}/datasets/d1/files", Answer({"values": [listed]}))
    service.on("GET", f"{V31}/datasets/d1/files/f1", Answer(entity))
    service.on("GET", "/content", Answer(b"{}"))

    result = aimed(*line.replace("ROOT", service.root).split())

    assert result.json == entity
    assert service.lines == [*(f"GET {V31}{path}" for path in asked), "GET /content"]
    assert (alone / "report.json").read_bytes() == b"{}"


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("csr model download --model x --file f1", "/models/x/files"),
        ("csr evaluation download --evaluation x --file f1", "/evaluations/x/files"),
        ("csr download --evaluation x --evaluation file f1", "/evaluations/x/files"),
        ("csr endpoint download --endpoint x --log f1", "/endpoints/x/files/logs"),
        ("csr download --endpoint x --log f1", "/endpoints/x/files/logs"),
        ("batch transcription download --transcription x --file f1", "/transcriptions/x/files"),
        ("batch download --transcription x --file f1", "/transcriptions/x/files"),
    ],
)
def test_a_file_of_anything_is_found_by_its_id(line, path, aimed, service, alone):
    links = {"contentUrl": service.url("/content")}
    entity = {"self": service.url(f"{V31}{path}/f1"), "name": "it.json", "links": links}
    service.on("GET", f"{V31}{path}", Answer({"values": [entity]}))
    service.on("GET", f"{V31}{path}/f1", Answer(entity))
    service.on("GET", "/content", Answer(b"{}"))

    result = aimed(*line.split())

    assert (result.code, result.json) == (0, entity)
    assert (alone / "it.json").read_bytes() == b"{}"


def test_one_log_is_deleted_by_its_name(aimed, service):
    logs = f"{V31}/endpoints/E/files/logs"
    entity = {"self": service.url(f"{logs}/2023-03-13_1_wav"), "name": "1.wav"}
    service.on("GET", logs, Answer({"values": [entity]}))
    service.on("GET", f"{logs}/2023-03-13_1_wav", Answer(entity))
    service.on("DELETE", f"{logs}/2023-03-13_1_wav", Answer(None, 204))

    result = aimed(*["csr", "endpoint", "delete", "--endpoint", "E", "--log", "1.wav"])

    assert (result.code, result.json) == (0, {})
    assert service.lines[-1] == f"DELETE {logs}/2023-03-13_1_wav"


def test_a_bare_address_is_saved_as_told(aimed, service, alone):
    service.on("GET", "/content?sig=1", Answer(b"abc"))

    result = aimed("csr", "download", "--url", service.url("/content?sig=1"), "--output", "file", "x.bin")

    assert result.json == {"name": "x.bin", "properties": {"size": 3}}
    assert result.err.endswith("Saved as x.bin\n")
    assert (alone / "x.bin").read_bytes() == b"abc"


KEPT = [
    ("spx config @key --set VALUE", "key", "VALUE"),
    ("spx config @region --set westus2", "region", "westus2"),
    ("spx config @region --add VALUE", "region", "VALUE"),
    ("spx config @list --add NAME VALUE", "list", "NAME=VALUE"),
    ("spx config recognize @default.output --set text", "commands/recognize/default.output", "text"),
    ("spx config @default.output --command recognize --set text", "commands/recognize/default.output", "text"),
    ("spx config @key --region westus2 --set VALUE", "regions/westus2/key", "VALUE"),
    ("spx config @key --hive user --set VALUE", "key", "VALUE"),
]


@pytest.mark.parametrize(("line", "file", "text"), KEPT, ids=[line for line, _, _ in KEPT])
def test_a_published_line_keeps_its_text(line, file, text, spx, tmp_path):
    result = spx(*shlex.split(line)[1:])

    assert (result.code, result.out) == (0, ""), result.err
    assert (tmp_path / "home" / "spx" / file).read_text() == text


def test_a_published_line_removes_a_text(spx, tmp_path):
    spx("config", "@key", "--set", "VALUE")

    assert spx("config", "@key", "--clear").code == 0
    assert not (tmp_path / "home" / "spx" / "key").exists()


def test_a_published_line_finds_a_text(spx, tmp_path):
    spx("config", "@key", "--region", "westus2", "--set", "VALUE")

    kept = tmp_path / "home" / "spx" / "regions" / "westus2" / "key"
    assert spx(*shlex.split("config --find key --region '*'")).out == f"{kept}\n"


COMMON_LINES = [
    "--not expect Nothing",
    "--not-expect Nothing",
    "--check length(values)==`0`",
    "--output path .",
    "--input.path .",
    "--nodefaults --api endpoint ROOT/speechtotext/v3.1 --key secret-key",
    "--service config key secret-key",
    "--repeat 1 --threads 1",
]


@pytest.mark.parametrize("options", COMMON_LINES)
def test_a_published_option_is_taken_by_every_command(options, aimed, service):
    service.on("GET", f"{V31}/projects", Answer({"values": []}))

    result = aimed(*["csr", "project", "list", *options.replace("ROOT", service.root).split()])

    assert result.code == 0, result.err
    assert service.asked[0].headers["Ocp-Apim-Subscription-Key"] == "secret-key"


def test_a_word_out_of_a_few_may_have_any_case(aimed, service):
    service.on("POST", f"{V32}/datasets", Answer({}))

    aimed("csr", "dataset", "create", "--api-version", "v3.2", "--name", "D", "--kind", "languageMARKDOWN")

    assert service.asked[-1].json["kind"] == "LanguageMarkdown"
