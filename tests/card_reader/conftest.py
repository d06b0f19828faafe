"""The real PC/SC service, for the tests that ask for it."""

from collections.abc import Iterator

import pytest

from card_reader.pcsc import PcscReader
from card_reader.reader import ReaderState
from tests.support_pcscd import running_pcscd, vpcd_slot

SLOT = 0


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
