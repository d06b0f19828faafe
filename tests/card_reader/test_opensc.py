"""OpenSC and OpenSSL as witnesses: they know the simulated card, count its tries, read it and verify with it.

One card lies in the virtual reader for all of it, as it would at somebody's desk.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from card_reader.apdu import query_tries, select_application, select_file
from card_reader.pcsc import PcscReader
from card_reader.reader import ReaderState
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.vpcd import VpcdCard, slot_port
from tests.card_reader.conftest import SLOT
from tests.card_reader.support import persona
from tests.support_pcscd import vpcd_slot

pytestmark = pytest.mark.xdist_group("OpenSC at one card")

READER = f"Virtual PCD 00 0{SLOT}"
JPKI = "D392F000260100000001"
# Our names of the secrets, in the order in which OpenSC lists them, with their references on the card.
PINS = {"authentication": "0018", "signature": "001B"}


class Desk(NamedTuple):
    """A card in the reader, a folder for files, and OpenSC's settings."""

    card: SimulatedCard
    reader: PcscReader
    folder: Path
    settings: dict[str, str]

    def run(self, *command: str, fails: bool = False) -> str:
        """What a program prints; it must succeed, or fail when it should."""
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, env=self.settings, cwd=self.folder
        )
        assert (done.returncode != 0) == fails, (command, done.stdout, done.stderr)
        return done.stdout

    def pkcs15(self, *arguments: str, fails: bool = False) -> str:
        return self.run("pkcs15-tool", "--reader", READER, *arguments, fails=fails)

    def pkcs11(self, token: str, pin: str, *arguments: str) -> str:
        module = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"))
        return self.run(
            *("pkcs11-tool", "--module", str(module), "--token-label", f"JPKI ({token})"),
            *("--login", "--pin", pin, *arguments),
        )

    def certificate(self, number: str) -> str:
        """A file with the certificate; that for signatures names its holder and needs its password."""
        path = self.folder / f"certificate{number}.pem"
        if not path.exists():
            password = ("--verify-pin", "--auth-id", "2", "--pin", "ABC123") if number == "2" else ()
            path.write_text(self.pkcs15("--read-certificate", number, *password))
        return str(path)

    def tries_by_opensc(self) -> list[int]:
        listed = self.pkcs15("--list-pins")
        return [int(left) for left in re.findall(r"Tries left\s*: (\d+)", listed)]

    def tries_by_us(self) -> list[int]:
        """Asked through PC/SC, command by command; must be what the card's counters hold."""
        found = []
        with self.reader.session() as line:
            line.transmit(select_application(JPKI))
            for secret, reference in PINS.items():
                line.transmit(select_file(reference))
                answer = line.transmit(query_tries())
                assert answer == bytes([0x63, 0xC0 | self.card.counters.all_left()[secret]])  # type: ignore[index]
                found.append(answer[1] & 0x0F)
        return found


@pytest.fixture(scope="module")
def desk(pcscd: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("opensc")
    # The other slot belongs to others; and nothing may come from what OpenSC remembers of an earlier card.
    (folder / "opensc.conf").write_text(
        'app default {\n  ignored_readers = "Virtual PCD 00 01";\n'
        "  framework pkcs15 { use_file_caching = no; }\n}\n"
    )
    settings = {**os.environ, "OPENSC_CONF": str(folder / "opensc.conf"), "LC_ALL": "C"}
    with vpcd_slot(SLOT):
        reader = PcscReader(READER)
        state = reader.state()
        assert state is ReaderState.EMPTY or reader.wait_change(state, 5) is ReaderState.EMPTY
        card = SimulatedCard(persona("hanako"))
        with VpcdCard(card, slot_port(SLOT)):
            assert reader.wait_change(ReaderState.EMPTY, 5) is ReaderState.PRESENT
            yield Desk(card, reader, folder, settings)
        reader.close()


def test_opensc_names_the_card(desk: Desk) -> None:
    assert desk.run("opensc-tool", "--reader", READER, "--name", "--atr").split() == [
        "3b:e0:00:ff:81:31:fe:45:14",
        "jpki",
    ]


def test_opensc_and_we_count_the_same_tries_before_and_after_a_wrong_one(desk: Desk) -> None:
    assert desk.tries_by_opensc() == desk.tries_by_us() == [3, 5]
    desk.pkcs15("--verify-pin", "--auth-id", "1", "--pin", "9999", fails=True)
    desk.pkcs15("--verify-pin", "--auth-id", "2", "--pin", "WRONG99", fails=True)
    assert desk.tries_by_opensc() == desk.tries_by_us() == [2, 4]
    desk.pkcs15("--verify-pin", "--auth-id", "1", "--pin", "1234")
    desk.pkcs15("--verify-pin", "--auth-id", "2", "--pin", "ABC123")
    assert desk.tries_by_opensc() == desk.tries_by_us() == [3, 5]


def test_opensc_lists_the_certificates_and_openssl_follows_them_to_their_authority(desk: Desk) -> None:
    listed = desk.pkcs15("--list-certificates")
    assert re.findall(r"X\.509 Certificate \[(.*)\]", listed) == [
        "User Authentication Certificate",
        "Digital Signature Certificate",
        "User Authentication Certificate CA",
        "Digital Signature Certificate CA",
    ]
    for number, purpose in (("1", "authentication"), ("2", "signature")):
        own, authority = desk.certificate(number), desk.certificate(str(int(number) + 2))
        subject = desk.run("openssl", "x509", "-noout", "-subject", "-in", own)
        assert f"Kakanai simulated {purpose} hanako" in subject
        # A day of 2030, when cards of the tests are valid.
        verified = desk.run("openssl", "verify", "-attime", "1900000000", "-CAfile", authority, own)
        assert verified == f"{own}: OK\n"
    # OpenSC leaves the card powered and with it the presented password; a session of ours takes both away.
    with desk.reader.session():
        pass
    desk.pkcs15("--read-certificate", "2", fails=True)


@pytest.mark.parametrize(
    ("number", "token", "pin"),
    [("1", "User Authentication PIN", "1234"), ("2", "Digital Signature PIN", "ABC123")],
)
def test_openssl_verifies_what_the_card_signs_through_pkcs11(
    desk: Desk, number: str, token: str, pin: str
) -> None:
    text, signature, public = (desk.folder / f"{name}{number}" for name in ("text", "signature", "public"))
    text.write_text("Mihon City", encoding="utf-8")
    desk.pkcs11(
        *(token, pin, "--sign", "--id", f"0{number}", "--mechanism", "SHA256-RSA-PKCS"),
        *("--input-file", str(text), "--output-file", str(signature)),
    )
    public.write_text(desk.run("openssl", "x509", "-pubkey", "-noout", "-in", desk.certificate(number)))
    check = ("openssl", "dgst", "-sha256", "-verify", str(public), "-signature", str(signature))
    assert desk.run(*check, str(text)) == "Verified OK\n"
    text.write_text("Another city", encoding="utf-8")
    desk.run(*check, str(text), fails=True)


def test_opensc_binds_a_card_whose_pin_is_blocked(desk: Desk) -> None:
    """The last one: it blocks the PIN of the card, which has still to be bound and counted."""
    while left := desk.card.counters.left("authentication"):
        desk.pkcs15("--verify-pin", "--auth-id", "1", "--pin", "0000", fails=True)
        assert desk.card.counters.left("authentication") == left - 1
    assert desk.tries_by_opensc() == desk.tries_by_us() == [0, 5]
