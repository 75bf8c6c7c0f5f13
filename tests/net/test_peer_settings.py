"""Peers are what the operator has written, and nothing that leaves this machine without TLS."""

import pytest

from speechsmith.net.peers import Peer, find, parse

TEXT = "northeurope https://b.example, westus2 https://c.example:8443/ trusted,"


def test_peers_are_read_from_one_line():
    assert parse(TEXT) == (
        Peer("northeurope", "https://b.example"),
        Peer("westus2", "https://c.example:8443", is_trusted=True),
    )
    assert parse("") == ()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080"])
def test_a_peer_on_this_machine_needs_no_tls(url):
    assert parse(f"here {url}") == (Peer("here", url),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("here http://b.example", "leaves this machine without TLS"),
        ("here http://10.0.0.1", "leaves this machine without TLS"),
        ("here http://localhost.example", "leaves this machine without TLS"),
        ("https://b.example", "is no peer"),
        ("here https://b.example trustworthy", "is no peer"),
        ("here b.example", "is no address"),
        ("here https://b.example/path", "is no address"),
        ("here https://me:pw@b.example", "is no address"),
        ("here https://[::1", "is no address"),
        ("here https://b.example:99999", "is no address"),
        ("here ftp://b.example", "is no address"),
    ],
)
def test_what_is_no_peer_is_refused_in_a_sentence(text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_a_peer_is_found_by_its_address_however_it_is_written():
    peers = parse(TEXT)

    assert find(peers, "https://B.example:443/") == peers[0]
    assert find(peers, "https://c.example:8443/speechtotext") == peers[1]
    for other in ("http://b.example", "https://c.example", "https://b.example.evil", "b.example", "https://[::1", ""):
        assert find(peers, other) is None
