"""How many commands each way of reading a card takes; our time beside the bare sum of the same commands."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from smartcard import scard

from card_reader import dialogue
from card_reader.cards import card_facts
from card_reader.mynumber import NO_EXTRAS, Extras, read
from card_reader.outcomes import Mode
from card_reader.pcsc import PcscReader
from card_reader.reader import ReaderState
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.personas import load_personas
from card_reader.simulated.vpcd import VpcdCard
from card_reader.transport import Transport
from tests.bench.figures import Figure, timed
from tests.support_pcscd import running_pcscd, vpcd_slot

WHO = load_personas()["mihon_taro"]
NUMBER_B = (WHO.number_b or "").encode()
SECRETS: dict[Mode, bytes] = {"pin": b"1234", "b": NUMBER_B, "face": NUMBER_B, "none": b""}
# Said of real cards in round figures; none was measured here.
A_REAL_PACE_S = 0.005
# Our time over the bare sum of the same commands.
GOAL_RATIO = 1.1
# By PIN, for a file of up to 240 bytes, the certificate's expiry apart.
GOAL_COMMANDS = 10
_SLOT = 0

Send = Callable[[bytes], object]


def figures(rounds: int) -> list[Figure]:
    """Commands by way of reading; our time beside the bare commands.

    In the process and through the PC/SC service the card answers in hundredths of a millisecond, which no
    real one does: those two show what we add, and the goal is for a card's own pace.
    """
    fewer = max(rounds // 5, 20)
    slow = [Fault.parse(f"slow={A_REAL_PACE_S}@*")]
    at_pace = _timed("card_read_at_a_card_s_pace", fewer, *_two_cards(slow))
    with _at_the_service() as (ours, bare):
        through = _timed("card_read_through_pcsc", rounds, ours, bare)
    return [
        *_commands(),
        _timed("card_read", rounds, *_two_cards([])),
        at_pace,
        _ratio(at_pace),
        through,
    ]


def _commands() -> list[Figure]:
    by_pin = _count("pin")
    short = card_facts().model_copy(update={"short_identifiers": True})
    with mock.patch.object(dialogue, "card_facts", return_value=short):
        fewest = _count("pin")
    with_expiry = _count("pin", Extras(certificate_expiry=True))
    return [
        _counted("card_read_apdus", by_pin, GOAL_COMMANDS),
        _counted("card_read_apdus_b", _count("b"), by_pin),
        _counted("card_read_apdus_face", _count("face")),
        _counted("card_read_apdus_none", _count("none")),
        _counted("card_read_apdus_with_expiry", with_expiry),
        # For a card that allows it; off until it was tried on real ones.
        _counted("card_read_apdus_short", fewest, by_pin),
    ]


def _count(mode: Mode, extras: Extras = NO_EXTRAS) -> int:
    return read(SimulatedCard(WHO), mode, bytearray(SECRETS[mode]), extras=extras).apdus


def _counted(id: str, count: int, goal: int | None = None) -> Figure:
    met = None if goal is None else count <= goal
    return Figure(id, "APDUs", float(count), None, None, 1, "lower", None, None, goal, met)


def _ratio(of: Figure) -> Figure:
    ratio = of.ratio or 0.0
    met = ratio <= GOAL_RATIO
    return Figure("card_read_ratio", "times", ratio, None, None, of.n, "lower", 1.0, ratio, GOAL_RATIO, met)


def _two_cards(faults: list[Fault]) -> tuple[Transport, Send]:
    """A card to be read, and one that gets the bare commands."""
    live, fresh = (SimulatedCard(WHO, faults=faults) for _ in range(2))
    return live, fresh.transmit


def _timed(id: str, rounds: int, line: Transport, bare: Send) -> Figure:
    """Milliseconds of a reading over `line`, and of the same commands one by one over `bare`, by turns."""
    recorder = _Recorder(SimulatedCard(WHO))
    read(recorder, "pin", bytearray(SECRETS["pin"]))
    samples, floor = [], []
    for _ in range(rounds):
        secret = bytearray(SECRETS["pin"])
        began = time.perf_counter()
        read(line, "pin", secret)
        samples.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        for apdu in recorder.sent:
            bare(apdu)
        floor.append((time.perf_counter() - began) * 1000)
    return timed(id, "ms", samples, floor)


@contextmanager
def _at_the_service() -> Iterator[tuple[Transport, Send]]:
    """A card behind the real PC/SC service and vpcd: our way to it, and PC/SC's own call without anything."""
    with running_pcscd(), vpcd_slot(_SLOT) as port, VpcdCard(SimulatedCard(WHO), port):
        reader = PcscReader(f"Virtual PCD 00 0{_SLOT}")
        if reader.wait_change(ReaderState.EMPTY, 5) is not ReaderState.PRESENT:
            raise RuntimeError("the card was not seen")
        with reader.session() as line:
            handle, protocol = line._handle, line._protocol  # type: ignore[attr-defined]
            yield line, lambda apdu: scard.SCardTransmit(handle, protocol, list(apdu))


class _Recorder:
    """A line to a card that keeps what was sent."""

    def __init__(self, card: SimulatedCard) -> None:
        self._card = card
        self.sent: list[bytes] = []

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(bytes(apdu))
        return self._card.transmit(apdu)
