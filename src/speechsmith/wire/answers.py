"""What clients are shown that is no entity: pages, files, deliveries, refusals, limits, health."""

from typing import Generic, Literal, TypeVar

from pydantic import Field

from speechsmith.wire.shown import DatasetKind, Duration, EntityError, EntityReference, Link, Shown, Time

T = TypeVar("T")


class Page(Shown, Generic[T]):
    """Some of a list, oldest first; the link leads to more."""

    values: list[T]
    next_link: Link | None = Field(default=None, alias="@nextLink")


class FileLinks(Shown):
    """Where the bytes of a file are; no key is needed."""

    content_url: Link


class FileProperties(Shown):
    """How large a file is, and how long what is heard in it."""

    size: int
    duration: Duration | None = None


class File(Shown):
    """A file of an entity."""

    self_: Link = Field(alias="self")
    name: str
    kind: Literal[
        "DatasetReport",
        "Audio",
        "LanguageData",
        "PronunciationData",
        "AcousticDataArchive",
        "AcousticDataTranscriptionV2",
        "Transcription",
        "TranscriptionReport",
        "EvaluationDetails",
        "ModelReport",
        "OutputFormattingData",
    ]
    links: FileLinks
    properties: FileProperties
    created_date_time: Time


class DeliveryLinks(Shown):
    """How a delivery is sent again."""

    replay: Link


class Delivery(Shown):
    """What was sent to a web hook. Ours."""

    self_: Link = Field(alias="self")
    invocation_id: str
    event: str
    status: str
    attempts: int
    created_date_time: Time
    last_action_date_time: Time
    next_attempt_date_time: Time | None = None
    links: DeliveryLinks
    entity: EntityReference | None = None
    response_status: int | None = None
    error: EntityError | None = None


class Component(Shown):
    """A part of the service."""

    name: str
    type: str
    status: Literal["Healthy", "Error"]
    message: str


class ServiceHealth(Shown):
    """How the service is."""

    status: Literal["Healthy", "Error"]
    message: str
    components: list[Component]


class RequestLimit(Shown):
    """How many requests fit into a window, and how many of the present one are used; empty without a limit."""

    limit: int | None = None
    window: Duration | None = None
    used: int | None = None


class CountLimit(Shown):
    """How many there may be, and how many there are."""

    limit: int | None = None
    used: int


class SizeLimit(Shown):
    """How many bytes there may be."""

    limit: int


class AudioLimit(Shown):
    """How much audio there may be; empty without a limit."""

    limit: Duration | None = None


class ResourceLimits(Shown):
    """What a resource may do and has done. Ours."""

    requests: RequestLimit
    entities: dict[str, CountLimit]
    dataset_bytes: dict[DatasetKind, SizeLimit]
    training_audio: AudioLimit


class InnerError(Shown):
    """What exactly was wrong."""

    code: str
    message: str


class Error(Shown):
    """A refusal of the service."""

    code: Literal[
        "InvalidRequest",
        "InvalidArgument",
        "InternalServerError",
        "ServiceUnavailable",
        "NotFound",
        "PipelineError",
        "Conflict",
        "InternalCommunicationFailed",
        "Forbidden",
        "NotAllowed",
        "Unauthorized",
        "UnsupportedMediaType",
        "TooManyRequests",
        "UnprocessableEntity",
    ]
    message: str
    target: str | None = None
    inner_error: InnerError | None = None


class DoorError(Shown):
    """Why the door stays closed: the status as text, and a sentence."""

    code: str
    message: str


class DoorRefusal(Shown):
    """A refusal at the door: of a key, or of an address that is none."""

    error: DoorError
