"""The line to a server elsewhere: mutual TLS with one authority, and nothing less."""

import asyncio
import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.responses import PlainTextResponse

from station.config import load_config
from station.signing import Signer, create_key
from station.upstream import NoAnswer, Upstream, body_of
from tests.station.conftest import Live, free_port


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A throw-away certificate authority in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.issue(name, authority=True)[0]

    def issue(self, subject: str, authority: bool = False) -> tuple[Path, Path]:
        key = self._key if authority else ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        names = [x509.DNSName("localhost")]
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        cert_file, key_file = self._folder / f"{subject}.crt", self._folder / f"{subject}.key"
        cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return cert_file, key_file


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Authority]]:
    """A TLS server that asks every station for its certificate; its port and their common authority."""
    authority = Authority(tmp_path_factory.mktemp("authority"), "kakanai-ca")
    cert, key = authority.issue("server")
    options = uvicorn.Config(
        PlainTextResponse("hello"),
        log_config=None,
        lifespan="off",
        ssl_certfile=cert,
        ssl_keyfile=key,
        ssl_ca_certs=str(authority.file),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    live = Live(lambda: uvicorn.Server(options), free_port())
    live.start()
    yield live.port, authority
    live.stop()


def asked(folder: Path, port: int, tls: str, host: str = "localhost") -> int:
    """The status of one request through an Upstream with these [tls] settings."""
    (folder / "station.key").unlink(missing_ok=True)
    key = create_key(folder / "station.key")
    file = folder / "station.toml"
    file.write_text(
        f'name = "kiosk-1"\nkind = "kiosk"\nport = 8101\nserver_url = "https://{host}:{port}"\n'
        f'key_file = "station.key"\nstate_dir = "state"\n[tls]\n{tls}',
        encoding="utf-8",
    )

    async def ask() -> int:
        upstream = Upstream(load_config(file), Signer("kiosk-1", key, lambda: 0), 1)
        try:
            async with upstream.open("GET", b"/", [], body_of(b"")) as response:
                return response.status
        finally:
            await upstream.aclose()

    return asyncio.run(ask())


def unusable(folder: Path, tls: str) -> str:
    """What is said about [tls] settings that no line can be made of."""
    with pytest.raises(OSError) as refused:
        asked(folder, 1, tls)
    return str(refused.value)


def lines(authority: Path, own: tuple[Path, Path] | None) -> str:
    text = f'ca_file = "{authority}"\n'
    return text + (f'cert_file = "{own[0]}"\nkey_file = "{own[1]}"\n' if own else "")


def test_both_sides_know_each_other(tmp_path: Path, server: tuple[int, Authority]) -> None:
    port, authority = server
    assert asked(tmp_path, port, lines(authority.file, authority.issue("kiosk-1"))) == 200


def test_nothing_less_is_spoken_to(
    tmp_path: Path, server: tuple[int, Authority], caplog: pytest.LogCaptureFixture
) -> None:
    port, authority = server
    stranger = Authority(tmp_path, "other-ca")
    own = authority.issue("kiosk-1")
    for tls, host in (
        (lines(authority.file, None), "localhost"),
        (lines(authority.file, stranger.issue("kiosk-1")), "localhost"),
        (lines(stranger.file, own), "localhost"),
        # The certificate is for another name.
        (lines(authority.file, own), "127.0.0.1"),
    ):
        with pytest.raises(NoAnswer):
            asked(tmp_path, port, tls, host)
    # Whoever looks after the station learns that it is no cable.
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def test_a_file_that_cannot_be_used_is_named_and_no_password_is_waited_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    cert, key = authority.issue("kiosk-1")
    assert str(tmp_path / "no.crt") in unusable(tmp_path, lines(tmp_path / "no.crt", None))
    assert str(tmp_path / "no.key") in unusable(tmp_path, lines(authority.file, (cert, tmp_path / "no.key")))
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"fictional"),
        )
    )
    assert str(locked) in unusable(tmp_path, lines(authority.file, (cert, locked)))
