"""The whole loop by a client that nobody here wrote: OpenAPI Generator makes it, at test time, from the published file.

What that file has no operation for, its client cannot do: speak to an endpoint, and fetch what a signed link leads to.
The links are followed by the client's transport. `Datasets_ListSupportedLocales` is not asked: the file says that its
answer names kinds of dataset for each kind of dataset, against its own example, which has locales. The tests stand in
the order of the loop: the last one deletes what it has made.
"""

import base64
import hashlib
import hmac
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from receivers import Receiver, receiving

from contract import SPEC
from waiting import until

from .conftest import SAMPLE, archive, new_resource

pytestmark = pytest.mark.slow

PACKAGE = "published_client"
LEFT_OUT = ("apiDocs", "apiTests", "modelDocs", "modelTests")
TAKEN = ("--model-name-mappings", "BaseModel=OfferedModel", "--name-mappings", "copy=var_copy")  # names of Pydantic's
EVENTS = ("model_completion", "endpoint_completion", "transcription_completion", "evaluation_completion")
SECRET = "a secret of these tests"
DONE = ("Succeeded", "Failed")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package that is made of the published file."""
    if not SPEC.is_file():
        pytest.skip(f"no OpenAPI file {SPEC} (set SPEECHSMITH_OPENAPI)")
    if not shutil.which("java"):
        pytest.skip("no Java to run OpenAPI Generator (Debian: apt-get install default-jre-headless)")
    folder = tmp_path_factory.mktemp("generated")
    jar = files("openapi_generator_cli") / "openapi-generator.jar"
    words = ["--package-name", PACKAGE, *TAKEN, "--global-property", ",".join(f"{name}=false" for name in LEFT_OUT)]
    command = ["java", "-jar", str(jar), "generate", "-g", "python", "-i", str(SPEC), "-o", str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module(PACKAGE)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


class User:
    """Somebody with the key of a resource, and what the loop has made there, by name."""

    def __init__(self, published: ModuleType, resource: dict[str, str]) -> None:
        host = f"{resource['endpoint']}/speechtotext/v3.2"
        key = {"api_key": resource["key1"]}
        self.resource_id = resource["id"]
        self.types = published
        self.transport = published.ApiClient(published.Configuration(host=host, api_key=key))
        self.projects = published.CustomSpeechProjectsApi(self.transport)
        self.datasets = published.CustomSpeechDatasetsForModelAdaptationApi(self.transport)
        self.models = published.CustomSpeechModelsApi(self.transport)
        self.evaluations = published.CustomSpeechModelEvaluationsApi(self.transport)
        self.endpoints = published.CustomSpeechEndpointsApi(self.transport)
        self.transcriptions = published.CustomSpeechTranscriptionsApi(self.transport)
        self.operations = published.CustomSpeechOperationsApi(self.transport)
        self.webhooks = published.CustomSpeechWebHooksApi(self.transport)
        self.made: dict[str, Any] = {}

    def content(self, file: Any) -> bytes:
        """What the link of a file leads to."""
        answer = self.transport.call_api("GET", file.links.content_url)
        content: bytes = answer.read()
        assert (answer.status, len(content)) == (200, file.properties.size)
        return content

    def close(self) -> None:
        self.transport.rest_client.pool_manager.clear()


@pytest.fixture(scope="module")
def user(published: ModuleType, service: dict[str, str], home: Path) -> Iterator[User]:
    """A user of a resource of his own."""
    someone = User(published, new_resource(home))
    yield someone
    someone.close()


@pytest.fixture(scope="module")
def friend(published: ModuleType, service: dict[str, str], home: Path) -> Iterator[User]:
    """Another user, of another resource."""
    someone = User(published, new_resource(home))
    yield someone
    someone.close()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def id_of(entity: Any) -> str:
    uri: str = entity if isinstance(entity, str) else entity.var_self
    return uri.rpartition("/")[2]


def done(read: Callable[[str], Any], entity: Any) -> Any:
    """The entity once it is done, which must have gone well."""
    found: list[Any] = []

    def is_done() -> bool:
        found.append(read(id_of(entity)))
        return found[-1].status in DONE

    until(is_done, seconds=600)
    assert found[-1].status == "Succeeded", found[-1].to_str()
    return found[-1]


def by_blocks(user: User, content: bytes, **members: Any) -> Any:
    """A dataset whose content comes in three blocks, the last of which is sent first."""
    made = user.datasets.datasets_create(user.types.Dataset(locale="en-US", **members))
    size = len(content) // 3 + 1
    parts = {base64.b64encode(f"block {n}".encode()).decode(): content[n * size : (n + 1) * size] for n in range(3)}
    for name, part in reversed(parts.items()):
        user.datasets.datasets_upload_block(id_of(made), name, part)
    waiting = user.datasets.datasets_get_blocks(id_of(made)).uncommitted_blocks
    assert {block.name: block.size for block in waiting} == {name: len(part) for name, part in parts.items()}
    entries = [user.types.CommitBlocksEntry(kind="Latest", id=name) for name in parts]
    user.datasets.datasets_commit_blocks(id_of(made), entries)
    return done(user.datasets.datasets_get, made)


@pytest.fixture(scope="module")
def loop(
    user: User,
    friend: User,
    receiver: Receiver,
    recordings: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What the loop has made, one of each: web hook, project, datasets, model, evaluation and so on, and a copy."""

    published = user.types

    def reference(entity: Any) -> Any:
        return published.EntityReference(var_self=entity.var_self)

    hook = published.WebHook(
        display_name="hook",
        web_url=receiver.url,
        events=published.WebHookEvents(**dict.fromkeys(EVENTS, True)),
        properties=published.WebHookProperties(secret=SECRET),
    )
    made = {"hook": done(user.webhooks.web_hooks_get, user.webhooks.web_hooks_create(hook))}
    new = {"display_name": "mine", "locale": "en-US"}
    made["project"] = user.projects.projects_create(published.Project(**new))
    inside = new | {"project": reference(made["project"])}

    text = (SAMPLE / "train" / "related-text.txt").read_bytes()
    speech = archive(tmp_path_factory.mktemp("uploads") / "test.zip", "test", 2).read_bytes()
    about = {"display_name": "data", "project": reference(made["project"])}
    made["words"] = by_blocks(user, text, kind=published.DatasetKind.LANGUAGE, **about)
    made["speech"] = by_blocks(user, speech, kind=published.DatasetKind.ACOUSTIC, **about)

    made["base"] = user.models.models_list_base_models().values[-1]
    model = published.CustomModel(**inside, datasets=[reference(made["words"])])
    made["model"] = done(user.models.models_get_custom_model, user.models.models_create(model))

    compared = {"model1": reference(made["base"]), "model2": reference(made["model"])}
    evaluation = published.Evaluation(**inside, **compared, dataset=reference(made["speech"]))
    made["evaluation"] = done(user.evaluations.evaluations_get, user.evaluations.evaluations_create(evaluation))

    logging = published.EndpointProperties(logging_enabled=True)
    endpoint = published.Endpoint(**inside, model=reference(made["model"]), properties=logging)
    made["endpoint"] = done(user.endpoints.endpoints_get, user.endpoints.endpoints_create(endpoint))

    transcription = published.Transcription(
        **inside,
        model=reference(made["model"]),
        content_urls=[f"{recordings}/call.wav"],
        properties=published.TranscriptionProperties(word_level_timestamps_enabled=True, time_to_live="PT12H"),
    )
    created = user.transcriptions.transcriptions_create(transcription)
    made["transcription"] = done(user.transcriptions.transcriptions_get, created)

    asked = published.ModelCopyAuthorizationDefinition(source_resource_id=user.resource_id)
    authorization = friend.models.models_authorize_copy(asked)
    copying = user.models.models_copy(id_of(made["model"]), authorization)
    made["copying"] = done(user.operations.operations_get_model_copy, copying)
    made["copy"] = friend.models.models_get_custom_model(id_of(made["copying"].result.link))
    return made


def test_the_whole_loop_goes_well(loop: dict[str, Any], user: User) -> None:
    measured = loop["evaluation"].properties
    assert measured.word_count1 == measured.word_count2 > 10
    assert 0 <= measured.word_error_rate2 < measured.word_error_rate1
    assert loop["endpoint"].model.var_self == loop["model"].var_self
    assert loop["endpoint"].links.rest_conversation.endswith(f"cid={id_of(loop['endpoint'])}")
    files = user.transcriptions.transcriptions_list_files(id_of(loop["transcription"])).values
    assert [(file.name, file.kind) for file in files] == [
        ("contenturl_0.json", "Transcription"),
        ("report.json", "TranscriptionReport"),
    ]
    heard = json.loads(user.content(files[0]))
    assert "pump" in heard["combinedRecognizedPhrases"][0]["lexical"].split()
    assert heard["recognizedPhrases"][0]["nBest"][0]["words"][0]["word"]


def test_the_copy_is_the_friends(loop: dict[str, Any], user: User, friend: User) -> None:
    copy, model = loop["copy"], loop["model"]
    assert copy.var_self != model.var_self
    assert (copy.status, copy.display_name, copy.base_model) == ("Succeeded", model.display_name, model.base_model)
    assert (copy.project, copy.datasets) == (None, [])
    assert [model.var_self for model in friend.models.models_list_custom_models().values] == [copy.var_self]
    assert [one.var_self for one in user.models.models_list_custom_models().values] == [model.var_self]


def test_web_hooks_tell_of_the_loop_and_are_pinged_and_tested(
    loop: dict[str, Any], user: User, receiver: Receiver
) -> None:
    nouns = ("model", "evaluation", "endpoint", "transcription")
    told = {f"{noun.capitalize()}Completion": loop[noun].var_self for noun in nouns}

    def heard() -> dict[str, list[str]]:
        bodies = [(got.event, json.loads(got.body)["self"]) for got in receiver.got if got.event in told]
        return {event: [uri for named, uri in bodies if named == event] for event in told}

    until(lambda: all(uri in heard()[event] for event, uri in told.items()))
    before = len(receiver.got)
    user.webhooks.web_hooks_ping(id_of(loop["hook"]))
    user.webhooks.web_hooks_test(id_of(loop["hook"]))
    until(lambda: {"Ping", *told} <= {got.event for got in receiver.got[before:]})

    assert receiver.got[0].event == "Challenge"
    for got in receiver.got[1:]:
        signature = hmac.digest(SECRET.encode(), got.body, hashlib.sha256)
        assert got.headers["x-microsoftspeechservices-signature"] == base64.b64encode(signature).decode()


def test_all_that_it_has_made_is_read_in_lists_and_files(loop: dict[str, Any], user: User) -> None:
    ids = {name: id_of(entity) for name, entity in loop.items()}
    project = ids["project"]
    lists = {
        "project": (user.projects.projects_list,),
        "words": (user.datasets.datasets_list, lambda: user.projects.projects_list_datasets(project)),
        "model": (user.models.models_list_custom_models, lambda: user.projects.projects_list_models(project)),
        "evaluation": (user.evaluations.evaluations_list, lambda: user.projects.projects_list_evaluations(project)),
        "endpoint": (user.endpoints.endpoints_list, lambda: user.projects.projects_list_endpoints(project)),
        "transcription": (
            user.transcriptions.transcriptions_list,
            lambda: user.projects.projects_list_transcriptions(project),
        ),
        "hook": (user.webhooks.web_hooks_list,),
        "base": (user.models.models_list_base_models,),
    }
    for name, asks in lists.items():
        for ask in asks:
            assert ids[name] in [id_of(entity) for entity in ask().values], name
    counts = user.projects.projects_get(project).properties
    assert (counts.dataset_count, counts.model_count, counts.endpoint_count, counts.evaluation_count) == (2, 1, 1, 1)
    assert loop["base"] == user.models.models_get_base_model(ids["base"])
    for area in ("projects", "models", "evaluations", "endpoints", "transcriptions"):
        assert "en-US" in getattr(getattr(user, area), f"{area}_list_supported_locales")()
    for name, area in (
        ("speech", "datasets"),
        ("model", "models"),
        ("evaluation", "evaluations"),
        ("transcription", "transcriptions"),
    ):
        ask = getattr(user, area)
        files = getattr(ask, f"{area}_list_files")(ids[name]).values
        assert "report.json" in [file.name for file in files] or name == "evaluation"
        for file in files:
            again = getattr(ask, f"{area}_get_file")(ids[name], id_of(file))
            assert (again.name, again.kind, again.properties) == (file.name, file.kind, file.properties)
            assert user.content(again)
    for manifest in (
        user.models.models_get_custom_model_manifest(ids["model"]),
        user.models.models_get_base_model_manifest(ids["base"]),
    ):
        assert all(user.transport.call_api("GET", file.content_url).status == 200 for file in manifest.model_files)
    assert user.endpoints.endpoints_list_logs(ids["endpoint"]).values == []
    assert user.endpoints.endpoints_list_base_model_logs("en-US").values == []


def test_a_file_comes_in_one_form(loop: dict[str, Any], user: User) -> None:
    labels = {"display_name": "rules", "locale": "en-US", "kind": "OutputFormatting"}

    with pytest.warns(DeprecationWarning, match="/datasets/upload"):  # so the file has it
        made = user.datasets.datasets_upload(**labels, data=("rules.md", b"#rewrite\npump\tPUMP\n"))

    assert done(user.datasets.datasets_get, made).properties.accepted_line_count == 1
    user.datasets.datasets_delete(id_of(made))


def test_what_may_change_is_changed(published: ModuleType, loop: dict[str, Any], user: User) -> None:
    changes = {
        "project": (user.projects.projects_update, published.ProjectUpdate),
        "words": (user.datasets.datasets_update, published.DatasetUpdate),
        "model": (user.models.models_update, published.ModelUpdate),
        "evaluation": (user.evaluations.evaluations_update, published.EvaluationUpdate),
        "endpoint": (user.endpoints.endpoints_update, published.EndpointUpdate),
        "transcription": (user.transcriptions.transcriptions_update, published.TranscriptionUpdate),
        "hook": (user.webhooks.web_hooks_update, published.WebHookUpdate),
    }
    for name, (update, change) in changes.items():
        wish = change(display_name=f"other {name}", custom_properties={"ward": "3"})
        changed = update(id_of(loop[name]), wish)
        assert (changed.display_name, changed.custom_properties) == (f"other {name}", {"ward": "3"})
        assert changed.created_date_time == loop[name].created_date_time


def test_a_copy_is_connected_to_a_project_and_stays_when_that_is_deleted(
    published: ModuleType, loop: dict[str, Any], friend: User
) -> None:
    project = friend.projects.projects_create(published.Project(display_name="his", locale="en-US"))
    inside = published.EntityReference(var_self=project.var_self)

    connected = friend.models.models_update(id_of(loop["copy"]), published.ModelUpdate(project=inside))
    friend.projects.projects_delete(id_of(project))

    assert connected.project.var_self == project.var_self
    assert friend.models.models_get_custom_model(id_of(loop["copy"])).project is None
    assert friend.projects.projects_list().values == []


def test_refusals_are_read_as_the_file_has_them(published: ModuleType, loop: dict[str, Any], user: User) -> None:
    with pytest.raises(published.exceptions.NotFoundException) as missing:
        user.models.models_get_custom_model(id_of(loop["words"]))
    with pytest.raises(published.exceptions.ConflictException) as used:
        user.models.models_delete(id_of(loop["model"]))
    with pytest.raises(published.exceptions.BadRequestException) as refused:
        user.models.models_create(published.CustomModel(display_name="x", locale="xx-XX"))

    assert missing.value.data.code == "NotFound"
    assert (used.value.data.code, used.value.data.inner_error.code) == ("Conflict", "InUseViolation")
    assert refused.value.data.inner_error.code == "InvalidLocale"
    assert "xx-XX" in refused.value.data.inner_error.message


def test_what_is_deleted_is_gone(loop: dict[str, Any], user: User) -> None:
    kinds = {  # what needs others before them
        "hook": (user.webhooks.web_hooks_delete, user.webhooks.web_hooks_list),
        "transcription": (user.transcriptions.transcriptions_delete, user.transcriptions.transcriptions_list),
        "evaluation": (user.evaluations.evaluations_delete, user.evaluations.evaluations_list),
        "endpoint": (user.endpoints.endpoints_delete, user.endpoints.endpoints_list),
        "model": (user.models.models_delete, user.models.models_list_custom_models),
        "words": (user.datasets.datasets_delete, user.datasets.datasets_list),
        "speech": (user.datasets.datasets_delete, user.datasets.datasets_list),
        "project": (user.projects.projects_delete, user.projects.projects_list),
    }
    for name, (delete, listed) in kinds.items():
        delete(id_of(loop[name]))
        assert id_of(loop[name]) not in [id_of(entity) for entity in listed().values]
