"""Access tokens: ten minutes, one resource, one scope."""

import jwt
import pytest

from speechsmith.net import tokens
from speechsmith.net.tokens import MANAGEMENT, RECOGNITION, Token, TokenRefused

SECRET = b"s" * 32
NOW = 1_000_000.0


@pytest.fixture
def token() -> str:
    return tokens.issue(SECRET, "resource-1", RECOGNITION, NOW)


def opens(token: str, *, secret: bytes = SECRET, scope: str = RECOGNITION, now: float = NOW):
    return tokens.verify(secret, token, scope=scope, now=now)


def test_a_token_says_what_it_was_issued_for(token):
    assert opens(token) == Token("resource-1", RECOGNITION, NOW + 600)


def test_a_token_is_three_parts_of_a_json_web_token_with_hs256(token):
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_a_token_lives_for_ten_minutes(token):
    opens(token, now=NOW + 599.9)

    with pytest.raises(TokenRefused) as caught:
        opens(token, now=NOW + 600)

    assert caught.value.code == "TokenExpired"


@pytest.mark.parametrize("elsewhere", [{"scope": MANAGEMENT}, {"secret": b"t" * 32}], ids=lambda kind: next(iter(kind)))
def test_a_token_opens_no_other_scope_or_server(token, elsewhere):
    with pytest.raises(TokenRefused) as caught:
        opens(token, **elsewhere)

    assert caught.value.code == "TokenInvalid"


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "Bearer x", "\u00e9.\u00e9.\u00e9"])
def test_what_is_not_a_token_is_refused(token):
    with pytest.raises(TokenRefused):
        opens(token)


def test_an_unsigned_token_is_refused(token):
    claims = jwt.decode(token, options={"verify_signature": False})

    with pytest.raises(TokenRefused):
        opens(jwt.encode(claims, None, algorithm="none"))


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "scope", "exp"])
def test_a_token_that_leaves_something_open_is_refused(token, missing):
    claims = jwt.decode(token, options={"verify_signature": False})
    del claims[missing]

    with pytest.raises(TokenRefused):
        opens(jwt.encode(claims, SECRET, algorithm="HS256"))


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        tokens.issue(b"short", "resource-1", RECOGNITION, NOW)
