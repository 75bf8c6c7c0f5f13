"""What an access token tells of its resource. It is read, not verified: that is for the server that issued it."""

import base64
import binascii
import json

from speechsmith.client.entity import text

_CLAIMS = ("azure-resource-id", "sub")  # the cloud's, and Speechsmith's own


def resource_of(token: str) -> str:
    """The id of the resource that a JSON Web Token (RFC 7519) was issued for; "" where it does not tell."""
    payload = token.partition(".")[2].partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return ""
    return next((id for name in _CLAIMS if (id := text(claims, name))), "")
