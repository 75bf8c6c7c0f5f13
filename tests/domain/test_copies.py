"""Authorizations are what their server has signed, and resource ids mean one resource."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from speechsmith.domain.copies import CopyAuthorization, names, proof, signature
from speechsmith.domain.errors import Invalid
from speechsmith.domain.resources import SpeechResource, key_digest

SECRET = bytes(range(32))
NOW = datetime(2025, 1, 31, tzinfo=UTC)
PLAIN = CopyAuthorization(
    id="7", source_resource_id="a", target_resource_id="b", target_region="c", endpoint="d", expires_at=NOW
)
ME = SpeechResource(
    id=UUID("0b4c6a1e-0000-4000-8000-00000000000a"),
    name="Clinic",
    region="here",
    key1_digest="1",
    key2_digest="2",
    created_at=NOW,
)
LONG = "/subscriptions/x/resourceGroups/y/providers/Microsoft.CognitiveServices/accounts/"


def test_what_was_signed_is_known_again_and_by_no_other_server():
    signed = PLAIN.signed(SECRET)

    assert signed.is_signed(SECRET)
    assert not signed.is_signed(SECRET[::-1])
    assert not PLAIN.is_signed(SECRET)
    assert replace(signed, id="7") != signed


@pytest.mark.parametrize(
    "change",
    [
        {"source_resource_id": "x"},
        {"target_resource_id": "x"},
        {"target_region": "x"},
        {"endpoint": "x"},
        {"expires_at": NOW + timedelta(seconds=1)},
        {"target_region": "cd", "endpoint": ""},  # the same letters in other members
        {"id": "8"},
        {"id": "\ud800.\ud800"},
    ],
)
def test_whatever_is_changed_breaks_the_signature(change):
    assert not replace(PLAIN.signed(SECRET), **change).is_signed(SECRET)


def test_parts_cannot_be_moved_between_each_other():
    assert signature(SECRET, ["ab", "c"]) != signature(SECRET, ["a", "bc"])
    assert signature(SECRET, ["1:a"]) != signature(SECRET, ["", "1:a"])


def test_an_authorization_ends_at_its_second():
    PLAIN.check_valid(NOW - timedelta(microseconds=1))
    with pytest.raises(Invalid, match="has expired") as caught:
        PLAIN.check_valid(NOW)
    assert caught.value.code == "ModelCopyAuthorizationExpired"


def test_a_proof_is_for_one_key_one_nonce_one_server_and_one_source():
    one = {"nonce": "n", "endpoint": "e", "source_resource_id": "s"}
    digest = key_digest("k")
    proofs = {proof(digest, **one), proof(key_digest("l"), **one)}
    proofs |= {proof(digest, **(one | {member: "x"})) for member in one}

    assert len(proofs) == 5
    assert all(digest not in shown for shown in proofs)


@pytest.mark.parametrize("text", [str(ME.id), str(ME.id).upper(), ME.id.hex, LONG + str(ME.id), LONG + "clinic/"])
def test_a_resource_is_meant_by_its_id_and_in_the_long_form_by_its_name(text):
    assert names(text, ME)


@pytest.mark.parametrize("text", [str(UUID(int=1)), LONG + "clinics"])
def test_another_resource_is_not_meant(text):
    assert not names(text, ME)


@pytest.mark.parametrize("text", ["", "Clinic", LONG, LONG + "a/b", "/accounts/Clinic", "x" * 1000])
def test_what_is_no_resource_id_is_refused(text):
    with pytest.raises(Invalid) as caught:
        names(text, ME)
    assert caught.value.code == "InvalidSourceAzureResourceId"
