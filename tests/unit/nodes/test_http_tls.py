from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nodes.base import Caps
from nodes.errors import NodeError
from nodes.http import Http
from nodes.http.addresses import Address
from nodes.http.arguments import HttpArguments
from nodes.http.client import HttpClient
from tests.unit.nodes.service import Service, client, context, running_service


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a certificate for `service.example` that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "service.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("service.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def loopback(host: str, port: int) -> list[Address]:
    return [ipaddress.ip_address("127.0.0.1")]


def served(certificate: Path) -> ssl.SSLContext:
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(certificate)
    return found


def trusting(certificate: Path) -> HttpClient:
    trusted = ssl.create_default_context(cafile=certificate)
    return client(resolver=loopback, ssl_context=trusted, caps=Caps(body_bytes=8_000_000, timeout_s=20))


async def get(http: HttpClient, service: Service, host: str, path: str = "/json") -> Any:
    uri = service.url.replace("127.0.0.1", host) + path
    return await Http().run(HttpArguments(method="get", endpoint=uri), context(http))


async def test_a_name_is_checked_against_the_certificate_though_an_address_is_connected(certificate: Path) -> None:
    async with running_service(served(certificate)) as service, trusting(certificate) as http:
        assert (await get(http, service, "service.example"))["method"] == "GET"
        with pytest.raises(NodeError, match="certificate verify failed") as caught:
            await get(http, service, "other.example")

    assert caught.value.problem["type"].endswith("/communication")


async def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:
    async with running_service(served(certificate)) as service, client(resolver=loopback) as http:
        with pytest.raises(NodeError, match="certificate verify failed"):
            await get(http, service, "service.example")


async def test_a_connection_is_kept_and_carries_large_bodies(certificate: Path) -> None:
    async with running_service(served(certificate)) as service, trusting(certificate) as http:
        for size in (10, 3_000_000, 10):
            found = await get(http, service, "service.example", f"/large?bytes={size}")
            assert len(base64.b64decode(found)) == size


async def test_tls_is_not_spoken_to_who_does_not_speak_it(certificate: Path, service: Service) -> None:
    async with trusting(certificate) as http:
        arguments = HttpArguments(method="get", endpoint=service.url.replace("http:", "https:"))
        with pytest.raises(NodeError) as caught:
            await Http().run(arguments, context(http))

    assert caught.value.problem["type"].endswith("/communication")
