"""Sign-ins: that a browser may act for a Speech resource, since somebody has shown one of its keys there."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from speechsmith.domain.resources import SpeechResource

MOST_IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
"""When a sign-in ends: so long after its person was last seen, and so long after it began."""


def session_digest(session: str) -> str:
    """How a session is stored. Its id is 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(session.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """`session` is the digest of the browser's session, which may have several; `key_digest` that of the key."""

    session: str
    resource_id: UUID
    key_digest: str
    began_at: datetime
    seen_at: datetime

    def opens(self, resource: SpeechResource, now: datetime) -> bool:
        """Whether it still counts: neither of its ends has come, and the key opens the resource as ever."""
        is_over = now >= self.seen_at + MOST_IDLE or now >= self.began_at + LONGEST
        return not is_over and self.key_digest in (resource.key1_digest, resource.key2_digest)
