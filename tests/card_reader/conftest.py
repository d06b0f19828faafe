"""The real PC/SC service, and readers in its place, for the tests that ask for them."""

from collections.abc import Iterator

import pytest

from card_reader import pcsc
from card_reader.pcsc import PcscReader
from card_reader.reader import ReaderState
from card_reader.simulated.reader import InProcessReader
from tests.support_pcscd import running_pcscd, vpcd_slot

SLOT = 0
NAMES = ("ACS one", "ACS two")


@pytest.fixture(scope="session")
def pcscd() -> Iterator[None]:
    """A running pcscd with vpcd's readers."""
    with running_pcscd():
        yield


@pytest.fixture
def virtual_reader(pcscd: None) -> Iterator[PcscReader]:
    """vpcd's first slot, empty, for this test alone."""
    with vpcd_slot(SLOT):
        reader = PcscReader(f"Virtual PCD 00 0{SLOT}")
        state = reader.state()
        if state is not ReaderState.EMPTY:
            # The card of the test before is gone; the service notices within half a second.
            state = reader.wait_change(state, 5)
        assert state is ReaderState.EMPTY, "somebody else's card lies in the virtual reader"
        yield reader
        reader.close()


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> dict[str, InProcessReader]:
    """Two simulated readers in the place of the PC/SC ones; without a name the first is used."""
    found = {name: InProcessReader(name) for name in NAMES}
    monkeypatch.setattr(pcsc, "PcscReader", lambda name="": next(r for n, r in found.items() if name in n))
    monkeypatch.setattr(pcsc, "reader_names", lambda name="": tuple(n for n in NAMES if name in n))
    return found
