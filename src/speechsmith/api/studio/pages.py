"""Every page of Studio: one table."""

from collections.abc import Sequence
from dataclasses import dataclass

from speechsmith.api.studio import (
    comparing,
    connecting,
    copying,
    datasets,
    editing,
    editions,
    endpoints,
    importing,
    jobs,
    logs,
    models,
    projects,
    settings,
    signing_in,
    sound,
    tests,
    training,
    trying,
    uploads,
    webhooks,
)
from speechsmith.api.studio.nouns import DATASET, EDITION, ENDPOINT, MODEL, TEST
from speechsmith.api.studio.visit import Handler
from speechsmith.services.datasets import MAX_BLOCK_BYTES

SIGN_IN = "/sign-in"
_PROJECTS = "/{resource:uuid}/projects"
_PROJECT = f"{_PROJECTS}/{{id:uuid}}"
_DATASETS = f"{_PROJECT}/datasets"
_DATASET = f"{_DATASETS}/{{dataset:uuid}}"
_EDITIONS = f"{_DATASETS}/editor"
_EDITION = f"{_EDITIONS}/{{edition:uuid}}"
_EDITED = f"{_EDITION}/files/{{number}}"
_TEST = f"{_PROJECT}/tests/{{test:uuid}}"
_ENDPOINT = f"{_PROJECT}/endpoints/{{endpoint:uuid}}"
_JOB = "/{resource:uuid}/jobs/{job:uuid}/cancel"
_HOOK = "/{resource:uuid}/webhooks/{hook:uuid}"
_MODEL = f"{_PROJECT}/models/{{model:uuid}}"


@dataclass(frozen=True, slots=True)
class Page:
    """A method on an address below /studio. `is_open`: also for who is not signed in.

    `most_bytes`: what is sent to it is no form but bytes, at most so many, from a script of ours. They are written to
    a file as they come, once it is known who sends them.
    """

    name: str
    method: str
    path: str
    handler: Handler
    is_open: bool = False
    most_bytes: int = 0

    @property
    def is_sent(self) -> bool:
        """Whether it can change something, so that who sends it has to show the token of a page of ours."""
        return self.method != "GET"


def _get(name: str, path: str, handler: Handler, *, is_open: bool = False) -> Page:
    return Page(name, "GET", path, handler, is_open)


def _form(name: str, path: str, show: Handler, send: Handler, *, is_open: bool = False) -> Sequence[Page]:
    """A page with a form that is sent to its own address."""
    return Page(f"Show{name}", "GET", path, show, is_open), Page(name, "POST", path, send, is_open)


PAGES: Sequence[Page] = (
    # who is there, and for which resource
    *_form("SignIn", SIGN_IN, signing_in.show, signing_in.sign_in, is_open=True),
    Page("SignOut", "POST", "/sign-out", signing_in.sign_out),
    _get("Home", "/", signing_in.home),
    _get("Resource", "/{resource:uuid}", signing_in.of_resource),
    _get("ShowSettings", "/{resource:uuid}/settings", settings.show),
    *_form("RenewKey", "/{resource:uuid}/settings/keys/{number}", settings.last_look, settings.renew),
    # what is done for it
    _get("ListJobs", "/{resource:uuid}/jobs", jobs.show_list),
    *_form("CancelJob", _JOB, jobs.last_look, jobs.cancel),
    # whom it tells of what happens
    _get("ListWebHooks", "/{resource:uuid}/webhooks", webhooks.show_list),
    *_form("CreateWebHook", "/{resource:uuid}/webhooks/new", webhooks.new, webhooks.create),
    _get("ShowWebHook", _HOOK, webhooks.show),
    *_form("EditWebHook", f"{_HOOK}/edit", webhooks.edit, webhooks.update),
    Page("AskWebHook", "POST", f"{_HOOK}/ask", webhooks.ask_again),
    Page("PingWebHook", "POST", f"{_HOOK}/ping", webhooks.ping),
    Page("TestWebHook", "POST", f"{_HOOK}/test", webhooks.test),
    Page("ReplayDelivery", "POST", f"{_HOOK}/deliveries/{{delivery:uuid}}", webhooks.replay),
    *_form("DeleteWebHook", f"{_HOOK}/delete", webhooks.last_look, webhooks.delete),
    # projects
    _get("ListProjects", _PROJECTS, projects.show_list),
    *_form("CreateProject", f"{_PROJECTS}/new", projects.new, projects.create),
    _get("ShowProject", _PROJECT, projects.show),
    *_form("RenameProject", f"{_PROJECT}/rename", projects.labels, projects.rename),
    *_form("DeleteProject", f"{_PROJECT}/delete", projects.last_look, projects.delete),
    *_form("Connect", f"{_PROJECT}/connect", connecting.show, connecting.connect),
    # speech datasets
    _get("ListDatasets", _DATASETS, datasets.show_list),
    *_form("CreateDataset", f"{_DATASETS}/new", uploads.new, uploads.create),
    _get("ShowDataset", _DATASET, datasets.show),
    Page("CommitBlocks", "POST", _DATASET, datasets.commit),
    _get("ListBlocks", f"{_DATASET}/blocks", uploads.blocks),
    Page("UploadBlock", "PUT", f"{_DATASET}/blocks", uploads.put_block, most_bytes=MAX_BLOCK_BYTES),
    _get("ShowDatasetReport", f"{_DATASET}/report", datasets.report),
    _get("ListUtterances", f"{_DATASET}/utterances", datasets.utterances),
    _get("DownloadDatasetFile", f"{_DATASET}/files/{{file:uuid}}", datasets.file),
    *_form("RenameDataset", f"{_DATASET}/rename", DATASET.labels, DATASET.rename),
    *_form("DeleteDataset", f"{_DATASET}/delete", datasets.last_look, datasets.delete),
    _get("HearUtterance", f"{_DATASET}/audio/{{number}}", sound.utterance),
    # the Editor
    _get("ListEditions", _EDITIONS, editions.show_list),
    *_form("ImportToEditor", f"{_EDITIONS}/new", importing.new, importing.create),
    _get("ShowEdition", _EDITION, editions.show),
    *_form("ExportEdition", f"{_EDITION}/export", editions.exported, editions.export),
    *_form("RenameEdition", f"{_EDITION}/rename", EDITION.labels, EDITION.rename),
    *_form("DeleteEdition", f"{_EDITION}/delete", editions.last_look, editions.delete),
    *_form("EditFile", _EDITED, editing.show, editing.save),
    _get("HearEditedFile", f"{_EDITED}/audio", editing.sound),
    # train custom models
    _get("ListModels", f"{_PROJECT}/models", models.show_list),
    *_form("TrainModel", f"{_PROJECT}/models/new", training.show, training.create),
    _get("ShowModel", _MODEL, models.show),
    _get("SaveModelReport", f"{_MODEL}/report", models.save_report),
    _get("SaveModelBundle", f"{_MODEL}/bundle", models.save_bundle),
    *_form("RenameModel", f"{_MODEL}/rename", MODEL.labels, MODEL.rename),
    *_form("DeleteModel", f"{_MODEL}/delete", models.last_look, models.delete),
    *_form("CopyModel", f"{_MODEL}/copy", copying.show, copying.copy),
    # test models
    _get("ListTests", f"{_PROJECT}/tests", tests.show_list),
    *_form("CreateTest", f"{_PROJECT}/tests/new", tests.new, tests.create),
    _get("CompareTests", f"{_PROJECT}/tests/compare", comparing.show),
    _get("SaveComparison", f"{_PROJECT}/tests/compare.csv", comparing.as_csv),
    _get("ShowTest", _TEST, tests.show),
    _get("SaveTestAsCsv", f"{_TEST}/results.csv", tests.as_csv),
    _get("SaveTestAsJson", f"{_TEST}/results.json", tests.as_json),
    _get("SaveTestFile", f"{_TEST}/files/{{file:uuid}}", tests.file),
    *_form("RenameTest", f"{_TEST}/rename", TEST.labels, TEST.rename),
    *_form("DeleteTest", f"{_TEST}/delete", tests.last_look, tests.delete),
    # deploy models
    _get("ListEndpoints", f"{_PROJECT}/endpoints", endpoints.show_list),
    *_form("CreateEndpoint", f"{_PROJECT}/endpoints/new", endpoints.new, endpoints.create),
    _get("ShowEndpoint", _ENDPOINT, endpoints.show),
    *_form("ChangeModel", f"{_ENDPOINT}/model", endpoints.models, endpoints.change_model),
    *_form("SuspendEndpoint", f"{_ENDPOINT}/suspend", endpoints.before_suspending, endpoints.suspend),
    Page("ResumeEndpoint", "POST", f"{_ENDPOINT}/resume", endpoints.resume),
    Page("SwitchLogging", "POST", f"{_ENDPOINT}/logging", endpoints.switch_logging),
    *_form("RenameEndpoint", f"{_ENDPOINT}/rename", ENDPOINT.labels, ENDPOINT.rename),
    *_form("DeleteEndpoint", f"{_ENDPOINT}/delete", endpoints.last_look, endpoints.delete),
    # speak to an endpoint, and what was said to it
    _get("TryEndpoint", f"{_ENDPOINT}/try", trying.show),
    Page("IssueToken", "POST", f"{_ENDPOINT}/try/token", trying.token),
    _get("ListLogs", f"{_ENDPOINT}/logs", logs.show_list),
    _get("DownloadLog", f"{_ENDPOINT}/logs/file", logs.download),
    Page("DeleteLog", "POST", f"{_ENDPOINT}/logs/file", logs.delete),
    *_form("DeleteLogs", f"{_ENDPOINT}/logs/delete", logs.last_look, logs.delete_many),
)
