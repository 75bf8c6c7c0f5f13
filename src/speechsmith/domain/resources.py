"""Speech resources: the tenants. Everything else belongs to one of them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechResource:
    """A tenant with a region and two keys, of which only the digests are kept."""

    id: UUID
    name: str
    region: str
    key1_digest: str
    key2_digest: str
    created_at: datetime


def key_digest(key: str) -> str:
    """How a key is stored. Keys are 128 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
