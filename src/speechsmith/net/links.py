"""Links that open one file to whoever holds them, until a moment: no key, no session, nothing stored.

Theory. The signature is HMAC-SHA256 (RFC 2104) over the expiry and the resource, under a secret that every API process
has. What is signed is the path, which names the file by its id, so that a link says nothing about any other file; and
as the server looks the file up before it answers, a link dies with its entity. The query reads
`se=<seconds since 1970, UTC>&sig=<base64url>`.
"""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs

_LEAST_SECRET_BYTES = 32


class LinkRefused(Exception):
    """The link does not open the file. `code` is `LinkInvalid` or `LinkExpired`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])


class Signer:
    """Signs and checks links with one secret of at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        """Raises: ValueError for a short secret."""
        if len(secret) < _LEAST_SECRET_BYTES:
            raise ValueError(f"A signing secret has at least {_LEAST_SECRET_BYTES} bytes, this one has {len(secret)}.")
        self._secret = secret

    def sign(self, path: str, expires_at: float) -> str:
        """The query, without its question mark, that opens the resource until `expires_at` (seconds since 1970)."""
        expiry = str(int(expires_at))
        return f"se={expiry}&sig={self._signature(path, expiry)}"  # digits and base64url: nothing to escape

    def verify(self, path: str, query: str, now: float) -> None:
        """Return if the query opens the resource now; members of the query that are not ours are ignored.

        Raises: LinkRefused.
        """
        members = parse_qs(query, keep_blank_values=True)
        expiries, signatures = members.get("se", []), members.get("sig", [])
        if len(expiries) != 1 or len(signatures) != 1:
            raise LinkRefused("LinkInvalid", "The link has no signature, or more than one. Ask for the file again.")
        # The signature first: an expiry that we have not signed means nothing.
        expected = self._signature(path, expiries[0])
        if not hmac.compare_digest(expected.encode(), signatures[0].encode()):
            raise LinkRefused("LinkInvalid", "The link's signature does not fit this file. Ask for the file again.")
        if now >= int(expiries[0]):
            raise LinkRefused("LinkExpired", "The link has expired. Ask for the file again to get a new one.")

    def _signature(self, path: str, expiry: str) -> str:
        signed = f"link\n{expiry}\n{path}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self._secret, signed, hashlib.sha256)).decode().rstrip("=")
