"""An authority of our own and the certificates it gives to hosts that are played."""

from __future__ import annotations

import datetime as dt
import tempfile
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority.example")])
    return key, _signed(name, key.public_key(), (key, name), _authority_extensions())


def _authority_extensions() -> list[x509.ExtensionType]:
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    only = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
    return [x509.BasicConstraints(ca=True, path_length=None), only]


def authority() -> str:
    """Give the authority's certificate, for those who trust it."""
    return _authority()[1].public_bytes(serialization.Encoding.PEM).decode()


@cache
def certificate_for(host: str) -> Path:
    """Give a file with a key and a certificate for a host."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer, signed = _authority()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    extensions: list[x509.ExtensionType] = [x509.SubjectAlternativeName([x509.DNSName(host)])]
    certificate = _signed(name, key.public_key(), (signer, signed.subject), extensions)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = _folder() / f"{host}.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="agentos-certificates-")


def _folder() -> Path:
    return Path(_kept().name)


def _signed(
    name: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    signer: tuple[ec.EllipticCurvePrivateKey, x509.Name],
    extensions: list[x509.ExtensionType],
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer[1])
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=not isinstance(extension, x509.SubjectAlternativeName))
    return builder.sign(signer[0], hashes.SHA256())
