"""Copies of models into other Speech resources: of this server, of another region of it, or of a peer.

Theory. Whoever may use the target asks it for an authorization, and hands that to the source. Its id ends in a
signature of the target's server (HMAC-SHA256, RFC 2104) over all its members, so nobody else can make or change one; it
ends by itself, and it is spent by the first copy. The source learns nothing of the target but what it says.

The source keeps an operation, which tells how far the copy is; the target has the model from the beginning, NotStarted.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from speechsmith.domain.entities import Processed
from speechsmith.domain.errors import Invalid
from speechsmith.domain.resources import SpeechResource

AUTHORIZED = timedelta(days=1)
"""How long an authorization can be used."""

KEPT = timedelta(days=31)
"""How long an operation can be looked at when it is over."""

_LONG_FORM = re.compile(
    r"/subscriptions/[^/\s]{1,64}/resourceGroups/[^/\s]{1,90}/providers/Microsoft\.CognitiveServices/accounts/([^/]{1,200})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAuthorization:
    """The right to copy one model of the source into the target, once. `endpoint` is the address of its server."""

    id: str
    source_resource_id: str
    target_resource_id: str
    target_region: str
    endpoint: str
    expires_at: datetime

    def signed(self, secret: bytes) -> "CopyAuthorization":
        """The same with the signature behind its id."""
        return replace(self, id=f"{self.id}.{self._signature(secret)}")

    def is_signed(self, secret: bytes) -> bool:
        """Whether the server with this secret has made it, just as it is."""
        id, _, signature = self.id.partition(".")
        expected = replace(self, id=id)._signature(secret)
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))

    def check_valid(self, now: datetime) -> None:
        """Raises: Invalid (ModelCopyAuthorizationExpired)."""
        if now >= self.expires_at:
            raise expired("The authorization has expired")

    def _signature(self, secret: bytes) -> str:
        expiry = str(int(self.expires_at.timestamp()))
        return signature(
            secret,
            [
                "copy",
                self.id,
                self.source_resource_id,
                self.target_resource_id,
                self.target_region,
                self.endpoint,
                expiry,
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOrigin:
    """A copy of a model of this server, and the operation that tells its owner about it."""

    operation_id: UUID
    model_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerOrigin:
    """A copy of a model of a peer: where its bundle is, which it must be, and the operation there."""

    operation_id: UUID
    url: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBundle:
    """The bundle of a model that is sent to a peer: its digest, its size, and the digest of the base's files."""

    sha256: str
    size_bytes: int
    base_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOperation(Processed):
    """The source's side of a copy. `copy_id` is the new model, once the target has it.

    To a peer: `authorization` is what it has signed, `root` how it reaches this server, `bundle` what is sent.
    """

    model_id: UUID
    copy_id: UUID | None = None
    authorization: CopyAuthorization | None = None
    root: str = ""
    bundle: SentBundle | None = None
    time_to_live: timedelta = KEPT

    def references(self) -> tuple[UUID, ...]:
        """While it is copied, the model must stay."""
        return () if self.status.is_final else (self.model_id,)


def expired(what: str) -> Invalid:
    """The refusal of an authorization that is of no use any more."""
    return Invalid(
        "ModelCopyAuthorizationExpired", f"{what}; ask the target for another: POST /models:authorizecopy.", target="id"
    )


def signature(secret: bytes, parts: Sequence[str]) -> str:
    """HMAC-SHA256 over parts, each with its length before it, so that no other parts read the same; base64url."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hmac.digest(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def proof(key_digest: str, *, nonce: str, endpoint: str, source_resource_id: str) -> str:
    """What shows that somebody knows a key, by its digest, and does not tell it.

    It is good for one nonce and one server: a server that asks for it cannot pass it on to another.
    """
    return signature(bytes.fromhex(key_digest), ["proof", nonce, endpoint, source_resource_id])


def check_resource_id(text: str) -> str:
    """A resource id as it can be kept. Raises: Invalid (InvalidSourceAzureResourceId)."""
    _account(text)
    return text


def names(text: str, resource: SpeechResource) -> bool:
    """Whether a resource id means this resource. Raises: Invalid (InvalidSourceAzureResourceId)."""
    account = _account(text).casefold()
    return account in (str(resource.id), resource.name.casefold())


def _account(text: str) -> str:
    """Which resource an id means: ours is its own name, in the long form the account has it."""
    if match := _LONG_FORM.fullmatch(text.rstrip("/")):
        return match.group(1)
    try:
        return str(UUID(text))
    except ValueError:
        raise Invalid(
            "InvalidSourceAzureResourceId",
            f"sourceResourceId '{text[:200]}' is no resource id; give the id of the source as its operator sees it in "
            "`speechsmith resource list`, or /subscriptions/.../accounts/<id or name>.",
            target="sourceResourceId",
        ) from None
