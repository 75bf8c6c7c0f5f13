"""Access tokens: ten minutes of a Speech resource, in exchange for its key.

Theory. A token is a JSON Web Token (RFC 7519) signed with HMAC-SHA256 under a secret of the server. It names the
resource that issued it and one scope, and is good for nothing else: a token for recognition does not manage, and a
token of one resource does not open another. Time comes in as an argument, in seconds since
1970, so nothing here reads a clock.
"""

from dataclasses import dataclass

import jwt

LIFETIME = 600.0
RECOGNITION = "speechservices"
MANAGEMENT = "speechservicesmanagement"

_ALGORITHM = "HS256"
_ISSUER = "urn:speechsmith"
_AUDIENCE = "urn:speechsmith:speech"
_LEAST_SECRET_BYTES = 32  # RFC 7518, section 3.2: a key as long as the hash


class TokenRefused(Exception):
    """The token does not let its bearer in. `code` is `TokenInvalid` or `TokenExpired`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])


@dataclass(frozen=True, slots=True)
class Token:
    """What a good token says. `expires_at` is in seconds since 1970."""

    resource_id: str
    scope: str
    expires_at: float


def issue(secret: bytes, resource_id: str, scope: str, now: float) -> str:
    """A token for one resource and scope, good for LIFETIME seconds.

    Raises: ValueError for a secret of less than 32 bytes.
    """
    if len(secret) < _LEAST_SECRET_BYTES:
        raise ValueError(f"A signing secret has at least {_LEAST_SECRET_BYTES} bytes, this one has {len(secret)}.")
    claims = {
        "iss": _ISSUER,
        "sub": resource_id,
        "aud": _AUDIENCE,
        "scope": scope,
        "iat": int(now),
        "exp": int(now + LIFETIME),
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(secret: bytes, token: str, *, scope: str, now: float) -> Token:
    """What the token says, if it was issued here for this scope, and has not expired.

    Raises: TokenRefused.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            options={
                "require": ["iss", "sub", "aud", "scope", "exp"],
                "verify_exp": False,  # the clock is an argument
                "verify_iat": False,
            },
        )
        found = Token(str(claims["sub"]), str(claims["scope"]), float(claims["exp"]))
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise TokenRefused("TokenInvalid", "The access token was not issued by this server.") from error
    if found.scope != scope:
        raise TokenRefused("TokenInvalid", f"The access token is not for the scope {scope!r}.")
    if now >= found.expires_at:
        raise TokenRefused("TokenExpired", "The access token has expired. Ask for a new one with the resource's key.")
    return found
