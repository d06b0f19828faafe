"""The real PC/SC service fails in every way that was seen, and the station comes back without a person.

Five seconds after the cause has gone everything works again; meanwhile the station says what is the matter.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import TryCounters
from card_reader.simulated.personas import load_personas
from card_reader.simulated.vpcd import VpcdCard
from station.signing import create_key
from tests.station.conftest import NO_TLS, eventually, free_port, http
from tests.station.own_pcscd import OwnPcscd, card_process, own_pcscd, reader_port

MEND_S = 5.0
SEEN_S = 0.5
A, B = "Fictional Reader A", "Fictional Reader B"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OwnPcscd]:
    (tmp_path / "pcscd").mkdir()
    with own_pcscd(tmp_path / "pcscd") as found:
        yield found


class Desk:
    """A station process with a real PC/SC reader by name, no server, and nothing simulated in it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def state(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = http.get(f"{self.url}/station/state").json()
        except httpx.TransportError:
            return {"reader": None, "notices": []}
        return found

    def becomes(self, reader: str, within: float = MEND_S) -> float:
        """How long it took; fails after `within` seconds."""
        began = time.monotonic()
        eventually(lambda: self.state()["reader"] == reader, within)
        return time.monotonic() - began

    def says(self, code: str) -> None:
        codes = [notice["code"] for notice in self.state()["notices"]]
        assert code in codes, codes

    def read(self) -> dict[str, Any]:
        said = {"origin": self.url}
        with httpx.Client(
            base_url=self.url, headers=said, verify=NO_TLS, trust_env=False, timeout=20
        ) as page:
            token = page.get("/station/page-token").json()["token"]
            answer = page.post(
                "/station/card/read",
                json={"pin": "1234", "purpose": "ticket"},
                headers={"x-page-token": token},
            )
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def desk(service: OwnPcscd, tmp_path: Path) -> Iterator[Desk]:
    create_key(tmp_path / "station.key")
    port = free_port()
    file = tmp_path / "station.toml"
    file.write_text(
        f'name = "counter-3"\nkind = "counter"\ndesk = "3"\nport = {port}\nkey_file = "station.key"\n'
        f'server_url = "http://127.0.0.1:{free_port()}"\nstate_dir = "state"\n'
        f'[reader]\nbackend = "pcsc"\nname = "{A}"\n',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "station", "--config", str(file)], env=service.env, stderr=subprocess.DEVNULL
    )
    try:
        found = Desk(port)
        eventually(lambda: found.state()["reader"], 20)
        yield found
    finally:
        process.terminate()
        assert process.wait(10) == 0


def lying(persona: str, port: int) -> VpcdCard:
    """A card on the reader, in this process."""
    chosen = load_personas()[persona]
    return VpcdCard(SimulatedCard(chosen, TryCounters(chosen)), port)


def test_a_service_that_comes_late_goes_and_comes_back_with_other_readers(
    service: OwnPcscd, desk: Desk
) -> None:
    a, b = reader_port(), reader_port()
    desk.becomes("no_service")
    desk.says("reader_no_service")
    service.start((A, a))
    desk.becomes("empty")
    with lying("mihon_taro", a):
        assert desk.becomes("present") < SEEN_S + 1.0, "vpcd's own look at the slot (0.4 s) included"
        assert desk.read()["preview"]["name_masked"] == "○○　太＊"
        service.kill()
        desk.becomes("no_service")
        assert desk.read()["outcome"] == "no_service"
    # Another reader is first now, with somebody else's card on it: the name decides, not the order.
    service.start((B, b), (A, a))
    desk.becomes("empty")
    with lying("mihon_hanako", b), lying("mihon_taro", a):
        desk.becomes("present")
        assert desk.read()["preview"]["name_masked"] == "○○　太＊"
    service.kill()
    service.start((B, b))
    desk.becomes("no_reader")
    desk.says("reader_no_reader")
    service.kill()
    service.start((A, a))
    desk.becomes("empty")


def test_a_driver_that_hangs_is_said_and_left_as_soon_as_it_moves(service: OwnPcscd, desk: Desk) -> None:
    port = reader_port()
    service.start((A, port))
    desk.becomes("empty")
    with card_process("mihon_taro", port) as card:
        desk.becomes("present")
        card.send_signal(signal.SIGSTOP)
        desk.becomes("no_service", 8.0)
        desk.says("reader_stalled")
        began = time.monotonic()
        assert desk.read()["outcome"] == "no_service"
        assert time.monotonic() - began < 2, "a page is answered at once meanwhile"
        card.send_signal(signal.SIGCONT)
        desk.becomes("present")
        assert desk.read()["outcome"] == "read"


def test_a_service_killed_while_it_hangs_is_left_behind(service: OwnPcscd, desk: Desk) -> None:
    port = reader_port()
    service.start((A, port))
    desk.becomes("empty")
    with card_process("mihon_taro", port) as card:
        desk.becomes("present")
        card.send_signal(signal.SIGSTOP)
        desk.becomes("no_service", 8.0)
        service.kill()
    service.start((A, port))
    desk.becomes("empty")
