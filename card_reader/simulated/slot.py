"""One process holds a card in a slot of the virtual reader; another one takes it out.

The holder keeps a lock on a file with its process id. The lock, not the id, says whether a card is in: an id
may belong to somebody else by now.
"""

import fcntl
import os
import select
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import FileTryCounters
from card_reader.simulated.faults import Fault
from card_reader.simulated.hierarchy import Hierarchy
from card_reader.simulated.personas import Persona
from card_reader.simulated.vpcd import VpcdCard, slot_port

_LEAVE_SECONDS = 5.0
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class SlotTaken(RuntimeError):
    """Another process holds a card in this slot."""


def keys_folder(state_dir: Path) -> Path:
    """Where the keys behind simulated cards are kept."""
    return state_dir / "cards" / "keys"


@contextmanager
def hold_card(
    persona: Persona, slot: int, state_dir: Path, faults: Iterable[Fault] = (), *, new: bool = False
) -> Iterator[Callable[[], object]]:
    """Lay the persona's card in; gives a function that waits for take_out, SIGTERM or SIGINT.

    For the main thread. Tries and keys are kept in `state_dir`; `new` forgets the tries that were used up.
    Raises SlotTaken and NoVirtualReader.
    """
    lock_file = _lock_file(slot, state_dir)
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SlotTaken(slot) from None
        # Held back from here on, so that a signal in any moment finds the card's owner waiting for it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            kept = state_dir / "cards" / f"{persona.id}.json"
            if new:
                kept.unlink(missing_ok=True)
            counters = FileTryCounters(persona, kept)
            card = SimulatedCard(persona, counters, faults=faults, keys=Hierarchy(keys_folder(state_dir)))
            with VpcdCard(card, slot_port(slot)):
                lock.truncate(0)
                lock.write(str(os.getpid()))
                lock.flush()
                yield lambda: signal.sigwait(_STOP_SIGNALS)
        finally:
            lock.truncate(0)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_out(slot: int, state_dir: Path) -> bool:
    """Take the card out of the slot and wait until its holder has ended; False when there was none."""
    lock_file = _lock_file(slot, state_dir)
    if not lock_file.exists():
        return False
    with lock_file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            holder = lock.read().strip()
    try:
        process = os.pidfd_open(int(holder))
    except (ValueError, ProcessLookupError):
        # It is just coming or just going.
        return False
    try:
        signal.pidfd_send_signal(process, signal.SIGTERM)
        ended, _, _ = select.select([process], [], [], _LEAVE_SECONDS)
        return bool(ended)
    finally:
        os.close(process)


def _lock_file(slot: int, state_dir: Path) -> Path:
    return state_dir / "cards" / f"slot-{slot}.pid"
