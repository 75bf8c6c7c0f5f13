"""What clients are shown, as shapes: the OpenAPI documents are made of them, and tests hold every answer against them.

Answers are built as plain dictionaries, for speed; nothing here runs in a request. A member without a default is always
there; one with `None` is left out when there is nothing to tell, and never null. A member that only one version has
says so. What is ours and not the published contract's is told in its description.
"""

from typing import Annotated, Any, Literal

import pydantic
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

ONLY_IN = "x-only-in"
"""The member of a schema that names the one version that has it; no document shows it."""

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Link = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Duration = Annotated[str, Field(description="An ISO 8601 duration, such as PT59S.")]
Rate = Annotated[float, Field(description="A share of 1; -1 when there is none.")]
Status = Literal["NotStarted", "Running", "Succeeded", "Failed"]
DatasetKind = Literal["Language", "Acoustic", "Pronunciation", "AudioFiles", "LanguageMarkdown", "OutputFormatting"]


def only_in(version: str) -> Any:
    """The default of a member that one version has."""
    return Field(default=None, json_schema_extra={ONLY_IN: version})


class Shown(pydantic.BaseModel):
    """JSON with camelCase names, and no member that is not named here."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class EntityReference(Shown):
    """How one entity names another: by its URI."""

    self_: Link = Field(alias="self")


class EntityError(Shown):
    """Why an entity is Failed."""

    code: str
    message: str


class Progress(Shown):
    """What is being done about an entity that is not finished. Ours."""

    stage: str
    percent: int
    queue_position: int | None = None
    eta_seconds: int | None = None


class About(Shown):
    """What `properties` of every kind may tell of the work. `progress` is ours."""

    error: EntityError | None = None
    progress: Progress | None = None


class Entity(Shown):
    """What every entity shows."""

    self_: Link = Field(alias="self")
    created_date_time: Time
    display_name: str
    description: str | None = None
    custom_properties: dict[str, str] | None = None


class Processed(Entity):
    """An entity that a job finishes."""

    last_action_date_time: Time
    status: Status


class InProject(Processed):
    """One that has a locale, and may belong to a project."""

    locale: str
    project: EntityReference | None = None


class FilesLink(Shown):
    """Where the files of an entity are."""

    files: Link


class ProjectLinks(Shown):
    """Where the lists of a project are."""

    evaluations: Link
    datasets: Link
    models: Link
    endpoints: Link
    transcriptions: Link


class ProjectProperties(Shown):
    """How many entities a project has."""

    dataset_count: int
    evaluation_count: int
    model_count: int
    transcription_count: int
    endpoint_count: int


class Project(Entity):
    """A folder for entities of one locale."""

    locale: str
    links: ProjectLinks
    properties: ProjectProperties


class DatasetLinks(FilesLink):
    """Where the files of a dataset are, and where its blocks go while it waits for them."""

    commit_blocks: Link | None = None
    list_blocks: Link | None = None
    upload_blocks: Link | None = None


class DatasetProperties(About):
    """What validation has found."""

    text_normalization_kind: Literal["Default", "None"] | None = only_in("v3.2")
    accepted_line_count: int
    rejected_line_count: int
    duration: Duration | None = None


class Dataset(InProject):
    """Audio, text or pronunciations."""

    kind: DatasetKind
    content_url: Link | None = None
    links: DatasetLinks
    properties: DatasetProperties


class UploadedBlock(Shown):
    """A block of a dataset that is being uploaded."""

    name: str
    size: int


class UploadedBlocks(Shown):
    """The blocks that wait for their commit."""

    uncommitted_blocks: list[UploadedBlock]


class CustomModelFeatures(Shown):
    """What a model can be used for."""

    supports_transcriptions: bool
    supports_endpoints: bool
    supports_transcriptions_on_speech_containers: bool
    supported_output_formats: list[Literal["Display", "Lexical"]] | None = only_in("v3.2")


class BaseModelFeatures(CustomModelFeatures):
    """What a base model can be used for, and trained with."""

    supports_adaptations_with: list[DatasetKind]


class BaseModelDeprecationDates(Shown):
    """When a base model ends."""

    adaptation_date_time: Time
    transcription_date_time: Time


class BaseModelLinks(Shown):
    """Where the manifest of a base model is."""

    manifest: Link


class BaseModelProperties(About):
    """About a base model."""

    deprecation_dates: BaseModelDeprecationDates
    features: BaseModelFeatures
    charge_for_adaptation: bool | None = only_in("v3.2")


class BaseModel(InProject):
    """A model that comes with an engine."""

    links: BaseModelLinks
    properties: BaseModelProperties


class CustomModelDeprecationDates(Shown):
    """When a custom model ends."""

    adaptation_date_time: Time | None = only_in("v3.1")
    transcription_date_time: Time


class CustomModelLinks(BaseModelLinks, FilesLink):
    """What can be done with a custom model."""

    copy_: Link | None = Field(default=None, alias="copy", json_schema_extra={ONLY_IN: "v3.2"})
    copy_to: Link | None = only_in("v3.1")


class CustomModelProperties(About):
    """About a custom model. `rebasedFrom` is ours."""

    custom_model_weight_percent: int | None = None
    deprecation_dates: CustomModelDeprecationDates
    features: CustomModelFeatures
    rebased_from: Link | None = None


class CustomModel(InProject):
    """A model that a user has trained."""

    base_model: EntityReference
    datasets: list[EntityReference]
    links: CustomModelLinks
    properties: CustomModelProperties


class ModelFile(Shown):
    """One file of a model, with a link that needs no key."""

    name: str
    content_url: Link


class ModelManifest(Shown):
    """What a model consists of."""

    model: EntityReference
    model_files: list[ModelFile]
    properties: dict[str, dict[str, str]]


class ModelCopyAuthorization(Shown):
    """What the target of a copy gives to its source."""

    id: str
    source_resource_id: str
    target_resource_id: str
    target_resource_region: str
    target_resource_endpoint: str
    expiration_date_time: Time


class OperationResult(Shown):
    """What came of an operation."""

    link: Link


class Operation(Shown):
    """A copy under way."""

    id: str
    self_: Link = Field(alias="self")
    status: Status
    created_date_time: Time
    last_action_date_time: Time
    result: OperationResult | None = None
    error: EntityError | None = None


class EndpointLinks(Shown):
    """Where an endpoint listens."""

    rest_interactive: Link
    rest_conversation: Link
    rest_dictation: Link
    web_socket_interactive: Link
    web_socket_conversation: Link
    web_socket_dictation: Link
    logs: Link


class EndpointProperties(About):
    """About an endpoint. `suspended`, which is true, is there while it answers nobody; ours."""

    logging_enabled: bool
    time_to_live: Duration | None = None
    suspended: bool | None = None


class Endpoint(InProject):
    """A deployed model."""

    model: EntityReference
    links: EndpointLinks
    properties: EndpointProperties


class LanguageIdentification(Shown):
    """The locales that were listened for, and the models that were named for them."""

    candidate_locales: list[str]
    mode: Literal["Continuous", "Single"] | None = only_in("v3.2")
    speech_model_mapping: dict[str, EntityReference] | None = None


class TranscriptionProperties(About):
    """What was asked of a transcription, and how long its audio is."""

    diarization_enabled: bool
    word_level_timestamps_enabled: bool
    display_form_word_level_timestamps_enabled: bool
    channels: list[int]
    punctuation_mode: Literal["None", "Dictated", "Automatic", "DictatedAndAutomatic"]
    profanity_filter_mode: Literal["None", "Removed", "Tags", "Masked"]
    language_identification: LanguageIdentification | None = None
    destination_container_url: Link | None = None
    time_to_live: Duration | None = None
    duration: Duration | None = None


class Transcription(InProject):
    """Recordings that are written down."""

    model: EntityReference
    dataset: EntityReference | None = None
    links: FilesLink
    properties: TranscriptionProperties


class WebHookLinks(Shown):
    """How a web hook is tried."""

    ping: Link
    test: Link


class WebHookProperties(About):
    """About a web hook; its secret is shown to nobody."""

    api_version: str


class WebHook(Processed):
    """An address that is told when something happens."""

    web_url: Link
    events: dict[str, bool]
    links: WebHookLinks
    properties: WebHookProperties
