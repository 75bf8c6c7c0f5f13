"""Signed links: they open one file until a moment, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechsmith.net.links import LinkRefused, Signer

SIGNER = Signer(b"s" * 32)
FILE = "/speechtotext/v3.2/datasets/11/files/22/content"


@given(st.text(), st.integers(1, 1 << 40))
def test_a_link_opens_its_file_until_it_expires(what, expires_at):
    query = SIGNER.sign(what, expires_at)

    SIGNER.verify(what, query, expires_at - 1)
    with pytest.raises(LinkRefused) as caught:
        SIGNER.verify(what, query, expires_at)

    assert caught.value.code == "LinkExpired"


def test_the_signature_is_the_one_worked_out_by_hand():
    # printf 'link\n1000\n/a' | openssl dgst -sha256 -hmac ssssssssssssssssssssssssssssssss -binary | basenc --base64url
    assert SIGNER.sign("/a", 1000.9) == "se=1000&sig=Pqgw8OKl6wM6TqPqRl7umJLTs9ZmuhBO4lbIOK_O6S0"


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query.replace("se=1000", "se=9000"),
        lambda query: query.replace("sig=", "sig=A"),
        lambda query: query.replace("sig=", "sig=\u00e9"),
        lambda query: query + "&se=9000",
        lambda query: query + "&sig=A",
        lambda query: query.split("&")[0],
        lambda query: query.split("&")[1],
        lambda query: query.replace("se=1000", "se=+1000"),
        lambda query: "",
        lambda query: "se=x&sig=y",
    ],
)
def test_a_changed_link_opens_nothing(change):
    query = SIGNER.sign(FILE, 1000)

    with pytest.raises(LinkRefused) as caught:
        SIGNER.verify(FILE, change(query), 1)

    assert caught.value.code == "LinkInvalid"


def test_a_link_opens_no_other_file_and_not_under_another_secret():
    query = SIGNER.sign(FILE, 1000)

    with pytest.raises(LinkRefused):
        SIGNER.verify(FILE.replace("22", "23"), query, 1)
    with pytest.raises(LinkRefused):
        Signer(b"t" * 32).verify(FILE, query, 1)


def test_members_of_the_query_that_are_not_ours_do_no_harm():
    SIGNER.verify(FILE, SIGNER.sign(FILE, 1000) + "&download=true", 1)


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes, this one has 3"):
        Signer(b"abc")
