"""What Speechsmith servers say to each other about copies of models, version 1; see docs/howto/copy-models.md."""

from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from speechsmith.wire.v3_2 import CopyAuthorization, Shape, Text

Sha256 = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[StrictStr, Field(min_length=1, max_length=500)]


class Challenge(Shape):
    """Ask for a nonce."""


class Proof(Shape):
    """Ask for an authorization by proof that a key is known."""

    nonce: Name
    proof: Name
    source_resource_id: Name


class CopiedBase(Shape):
    """The base of the model: its name, and the digest of its files."""

    engine: Name
    released: Name
    sha256: Sha256


class CopiedModel(Shape):
    """What the new model will be called, and what it stands on."""

    display_name: Text
    description: Text = ""
    custom_properties: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    locale: StrictStr
    custom_model_weight_percent: Annotated[StrictInt, Field(ge=1, le=100)] | None = None
    base: CopiedBase


class CopiedBundle(Shape):
    """Where the bundle is, below the address of the source, and what it must be."""

    path: Annotated[StrictStr, Field(pattern=r"^/files/[0-9a-f-]{36}\?[A-Za-z0-9=&_%.-]{1,400}$")]
    sha256: Sha256
    size_bytes: Annotated[StrictInt, Field(ge=1, le=1 << 36)]


class NewArrival(Shape):
    """Ask for a model to be copied, or how far that is."""

    authorization: CopyAuthorization
    operation_id: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    source_endpoint: Name
    model: CopiedModel
    bundle: CopiedBundle
