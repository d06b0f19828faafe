"""A PC/SC service of one's own, to be killed, frozen and started again while others go on using theirs.

A real pcscd whose folder is a mount of its own, with vpcd's readers under invented names. Clients find it by
PCSCLITE_CSOCK_NAME, which libpcsclite reads once per process: the station under test is a process anyway.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_READER = """FRIENDLYNAME "{name}"
DEVICENAME /dev/null:{port:#x}
LIBPATH {driver}
CHANNELID {port:#x}
"""
_CARD = """
import signal, sys
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import TryCounters
from card_reader.simulated.personas import load_personas
from card_reader.simulated.vpcd import VpcdCard
persona = load_personas()[sys.argv[1]]
VpcdCard(SimulatedCard(persona, TryCounters(persona)), int(sys.argv[2])).start()
print("laid on", flush=True)
signal.pause()
"""


def reader_port() -> int:
    """Where a reader's slot 0 can listen and its slot 1 above it; never where the kernel gives out ports."""
    while True:
        port = 20_000 + 2 * secrets.randbelow(5_000)
        try:
            with socket.create_server(("", port)), socket.create_server(("", port + 1)):
                return port
        except OSError:
            continue


def _may_mount() -> bool:
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


class OwnPcscd:
    """One pcscd at a time, in `folder`. Its readers are (name, port of slot 0)."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self._folder = folder
        self._mounted = mounted
        self._home = folder if mounted else Path("/run/pcscd")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        """For clients."""
        return {**os.environ, "PCSCLITE_CSOCK_NAME": str(self._home / "pcscd.comm")}

    def start(self, *readers: tuple[str, int]) -> None:
        """A service with these readers, in this order; answers clients when this returns."""
        entries = []
        for number, (name, port) in enumerate(readers):
            # vpcd knows its readers by their slot alone: two of one driver would read each other's cards.
            driver = self._folder / f"driver-{number}.so"
            shutil.copyfile(_DRIVER, driver)
            entries.append(_READER.format(name=name, port=port, driver=driver))
        config = self._folder / "reader.conf"
        config.write_text("".join(entries))
        pcscd = f"exec pcscd --foreground --error --config {config}"
        shell = ["sh", "-c", pcscd]
        if self._mounted:
            shell = ["unshare", "-m", "sh", "-c", f"mount --bind {self._home} /run/pcscd && {pcscd}"]
        self._process = subprocess.Popen(shell, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not (self._home / "pcscd.comm").exists():
            assert time.monotonic() < end, "pcscd did not start"
            assert self._process.poll() is None, "pcscd ended; does another one run here?"
            time.sleep(0.01)

    def kill(self) -> None:
        """As the kernel ends a process that ran amok."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for name in ("pcscd.comm", "pcscd.pid"):
            (self._home / name).unlink(missing_ok=True)


@contextmanager
def own_pcscd(folder: Path) -> Iterator[OwnPcscd]:
    """Not started yet. Where nothing may be mounted it is the machine's own, and everybody else waits."""
    mounted = _may_mount()
    lock = Path(tempfile.gettempdir()) / f"kakanai-{os.getuid()}-pcscd-users.lock"
    with lock.open("w") as users:
        if not mounted:
            fcntl.flock(users, fcntl.LOCK_EX)
        service = OwnPcscd(folder, mounted=mounted)
        try:
            yield service
        finally:
            service.kill()


@contextmanager
def card_process(persona: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A card in a process of its own, so that it can be frozen (SIGSTOP) and with it the reader's driver."""
    process = subprocess.Popen([sys.executable, "-c", _CARD, persona, str(port)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"laid on\n"
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()
