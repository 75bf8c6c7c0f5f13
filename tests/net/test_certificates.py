"""The certificate that a server makes for itself: for whom it stands, and when it is made anew."""

import ssl

import pytest
from cryptography import x509

from speechsmith.net.certificates import self_signed


@pytest.fixture
def names(tmp_path):
    """The hosts that the certificate of this folder covers, once it was asked for with some."""

    def asked(*hosts: str) -> set[str]:
        made = x509.load_pem_x509_certificate(self_signed(tmp_path, list(hosts))[0].read_bytes())
        covered = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {str(name.value) for name in covered}

    return asked


def test_it_stands_for_this_machine_and_for_the_hosts_that_are_named(names):
    assert names("10.1.2.3", "speech.example") == {"localhost", "127.0.0.1", "::1", "10.1.2.3", "speech.example"}


def test_it_is_kept_for_hosts_that_it_covers_and_made_anew_for_others(names, tmp_path):
    names("10.1.2.3")
    first = (tmp_path / "cert.pem").read_bytes()
    names("localhost")
    assert (tmp_path / "cert.pem").read_bytes() == first

    assert "10.1.2.4" in names("10.1.2.4")
    assert (tmp_path / "cert.pem").read_bytes() != first


def test_certificate_and_key_belong_together_and_the_key_is_the_owners_alone(tmp_path):
    certificate, key = self_signed(tmp_path, [])

    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    assert key.stat().st_mode & 0o077 == 0
