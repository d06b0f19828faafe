"""A real PC/SC service for tests: one pcscd for everybody on this machine, started when none runs.

Several test processes may want it at once. Each holds a shared lock while it uses the service; who started
it takes the lock alone before stopping it, so nobody's service disappears. The two slots of vpcd are lent
out one by one.
"""

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from smartcard import scard

from card_reader.simulated.vpcd import slot_port

_LOCKS = Path(tempfile.gettempdir())
_START_SECONDS = 20.0


@contextmanager
def _locked(name: str, mode: int) -> Iterator[IO[str]]:
    with (_LOCKS / f"kakanai-{os.getuid()}-{name}.lock").open("w") as handle:
        fcntl.flock(handle, mode)
        yield handle


def _runs() -> bool:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        return False
    result, readers = scard.SCardListReaders(context, [])
    scard.SCardReleaseContext(context)
    return result == scard.SCARD_S_SUCCESS and len(readers) >= 2


@contextmanager
def running_pcscd() -> Iterator[None]:
    """A running pcscd with vpcd's two readers. RuntimeError with pcscd's words if it does not start."""
    started: subprocess.Popen[bytes] | None = None
    with _locked("pcscd-users", fcntl.LOCK_SH) as users, tempfile.TemporaryFile() as errors:
        with _locked("pcscd-start", fcntl.LOCK_EX):
            if not _runs():
                started = subprocess.Popen(
                    ["pcscd", "--foreground", "--error"], stdout=subprocess.DEVNULL, stderr=errors
                )
                give_up = time.monotonic() + _START_SECONDS
                while not _runs():
                    if started.poll() is not None or time.monotonic() > give_up:
                        started.kill()
                        errors.seek(0)
                        raise RuntimeError(f"pcscd did not start: {errors.read().decode(errors='replace')}")
                    time.sleep(0.05)
        try:
            yield
        finally:
            if started is not None:
                fcntl.flock(users, fcntl.LOCK_EX)
                started.terminate()
                started.wait(10)


@contextmanager
def vpcd_slot(slot: int) -> Iterator[int]:
    """vpcd's slot 0 or 1 for the caller alone; gives its port."""
    with _locked(f"vpcd-slot-{slot}", fcntl.LOCK_EX):
        yield slot_port(slot)
