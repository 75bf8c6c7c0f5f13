"""What clients send in v3.2, as shapes; what they mean is decided elsewhere. Members that nobody knows are ignored."""

from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """JSON with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=False, extra="ignore", frozen=True)

    def given(self, name: str) -> bool:
        """Whether the client sent this member, be it null."""
        return name in self.model_fields_set


class EntityReference(Shape):
    """How one entity names another: by its URI."""

    self_: StrictStr = Field(alias="self", min_length=1, max_length=2_000)


T = TypeVar("T")
Listed: TypeAlias = Annotated[list[T], Field(fail_fast=True)]
"""A list that is refused at its first bad item: a body holds a million, and to tell of each takes seconds."""

Text = Annotated[StrictStr, Field(max_length=20_000)]
Uri = Annotated[StrictStr, Field(max_length=8_000)]


class NewEntity(Shape):
    """What every new entity says."""

    display_name: Text
    locale: StrictStr
    description: Text | None = None
    custom_properties: dict[StrictStr, StrictStr] | None = None


class NewProject(NewEntity):
    """Projects_Create."""


class DatasetProperties(Shape):
    """Settable properties of a dataset."""

    text_normalization_kind: Literal["Default", "None"] | None = None
    email: StrictStr | None = None


class NewDataset(NewEntity):
    """Datasets_Create."""

    kind: Literal["Language", "Acoustic", "Pronunciation", "AudioFiles", "LanguageMarkdown", "OutputFormatting"]
    content_url: Uri | None = None
    project: EntityReference | None = None
    properties: DatasetProperties | None = None


class CommitBlock(Shape):
    """One entry of Datasets_CommitBlocks."""

    kind: Literal["Committed", "Uncommitted", "Latest"]
    id: StrictStr


class ModelProperties(Shape):
    """Settable properties of a custom model."""

    custom_model_weight_percent: StrictInt | None = None
    email: StrictStr | None = None


class NewModel(NewEntity):
    """Models_Create."""

    base_model: EntityReference | None = None
    datasets: Listed[EntityReference] | None = Field(default=None, max_length=1_000)
    text: StrictStr | None = None
    project: EntityReference | None = None
    properties: ModelProperties | None = None


class Rebase(Shape):
    """Models_Rebase, which is ours."""

    base_model: EntityReference | None = None
    dataset: EntityReference | None = None
    display_name: Text | None = None


class CopyTo(Shape):
    """Models_CopyTo, in v3.1."""

    target_subscription_key: StrictStr = Field(min_length=1, max_length=1_000)


class NewCopyAuthorization(Shape):
    """Models_AuthorizeCopy."""

    source_resource_id: StrictStr = Field(min_length=1, max_length=500)


class CopyAuthorization(Shape):
    """Models_Copy: what Models_AuthorizeCopy has answered."""

    id: StrictStr = Field(min_length=1, max_length=200)
    source_resource_id: StrictStr = Field(min_length=1, max_length=500)
    target_resource_id: StrictStr = Field(min_length=1, max_length=500)
    target_resource_region: StrictStr = Field(min_length=1, max_length=60)
    target_resource_endpoint: StrictStr = Field(min_length=1, max_length=2_000)
    expiration_date_time: AwareDatetime


class NewEvaluation(NewEntity):
    """Evaluations_Create."""

    model1: EntityReference
    model2: EntityReference
    dataset: EntityReference
    project: EntityReference | None = None


class EndpointProperties(Shape):
    """Settable properties of an endpoint; both names of the logging switch are taken in both places."""

    logging_enabled: StrictBool | None = None
    content_logging_enabled: StrictBool | None = None
    time_to_live: StrictStr | None = None
    email: StrictStr | None = None


class NewEndpoint(NewEntity):
    """Endpoints_Create."""

    model: EntityReference | None = None
    text: StrictStr | None = None
    project: EntityReference | None = None
    properties: EndpointProperties | None = None


class DiarizationSpeakers(Shape):
    """How many people may speak."""

    min_count: Annotated[StrictInt, Field(ge=1)] | None = None
    max_count: Annotated[StrictInt, Field(ge=1, lt=36)] | None = None


class Diarization(Shape):
    """The wish to have speakers told apart."""

    speakers: DiarizationSpeakers


class LanguageIdentification(Shape):
    """The wish to have languages told apart."""

    candidate_locales: Listed[StrictStr] = Field(max_length=1_000)
    mode: Literal["Continuous", "Single"] | None = "Continuous"
    speech_model_mapping: dict[StrictStr, EntityReference] | None = None


class TranscriptionProperties(Shape):
    """Settable properties of a transcription. Clients that leave one out may write null, which is its default."""

    word_level_timestamps_enabled: StrictBool | None = False
    display_form_word_level_timestamps_enabled: StrictBool | None = False
    channels: Listed[StrictInt] | None = None
    punctuation_mode: Literal["None", "Dictated", "Automatic", "DictatedAndAutomatic"] | None = "DictatedAndAutomatic"
    profanity_filter_mode: Literal["None", "Removed", "Tags", "Masked"] | None = "Masked"
    time_to_live: StrictStr | None = None
    diarization_enabled: StrictBool | None = False
    diarization: Diarization | None = None
    language_identification: LanguageIdentification | None = None
    destination_container_url: Uri | None = None
    email: StrictStr | None = None


class NewTranscription(NewEntity):
    """Transcriptions_Create."""

    content_urls: Listed[Annotated[Uri, Field(min_length=1)]] | None = None
    content_container_url: Uri | None = None
    dataset: EntityReference | None = None
    model: EntityReference | None = None
    project: EntityReference | None = None
    properties: TranscriptionProperties | None = None


class WebHookProperties(Shape):
    """Settable properties of a web hook. The secret goes in, and is shown to nobody."""

    secret: StrictStr | None = Field(default=None, repr=False)


class NewWebHook(Shape):
    """WebHooks_Create. It has neither locale nor project."""

    display_name: Text
    description: Text | None = None
    custom_properties: dict[StrictStr, StrictStr] | None = None
    web_url: Uri
    events: dict[StrictStr, StrictBool | None]
    properties: WebHookProperties | None = None


class LabelsUpdate(Shape):
    """Merge-patch of what every entity has: what is absent stays, null clears."""

    display_name: Text | None = None
    description: Text | None = None
    custom_properties: dict[StrictStr, StrictStr | None] | None = None


class Update(LabelsUpdate):
    """Merge-patch of the labels of an entity, and of its project."""

    project: EntityReference | None = None


class EndpointUpdate(Update):
    """Endpoints_Update."""

    model: EntityReference | None = None
    properties: EndpointProperties | None = None


class WebHookUpdate(LabelsUpdate):
    """WebHooks_Update."""

    web_url: Uri | None = None
    events: dict[StrictStr, StrictBool | None] | None = None
    properties: WebHookProperties | None = None
