"""A certificate that a server signs for itself: enough for a microphone in a browser, not for strangers."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LIFETIME = timedelta(days=825)


def self_signed(folder: Path, hosts: list[str]) -> tuple[Path, Path]:
    """The certificate and key files in `folder`, made when they are not there, about to expire, or for other hosts."""
    from cryptography import x509  # noqa: PLC0415  # only servers with TLS need it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName(
        [_name(x509, host) for host in sorted({"localhost", "127.0.0.1", "::1", *hosts})]
    )
    if cert_path.exists() and key_path.exists():
        known = x509.load_pem_x509_certificate(cert_path.read_bytes())
        covered = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if known.not_valid_after_utc > now + timedelta(days=30) and set(names) <= set(covered):
            return cert_path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Speechsmith")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return cert_path, key_path


def _name(x509: Any, host: str) -> Any:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
