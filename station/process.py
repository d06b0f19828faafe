"""Runs one station as a process: loads its settings, serves on 127.0.0.1, and stops cleanly within two
seconds."""

import ctypes
import gc
import logging
import socket
import sys
import time
from pathlib import Path
from types import FrameType

import uvicorn

from card_reader.pcsc import PcscNotInstalled
from station.config import BadConfig, StationConfig, load_config
from station.devices import open_devices
from station.job_log import JobLog
from station.signing import Signer, load_key
from station.station import Station

OK, USAGE, MISSING = 0, 2, 3

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3

_log = logging.getLogger(__name__)


def run(config_file: Path) -> int:
    """Serves until SIGTERM or SIGINT. 0: stopped as asked; 2: bad settings; 3: something is missing on
    this machine."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        config = load_config(config_file)
    except BadConfig as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's own words
        return USAGE
    _leave_no_core()
    keep_freed_memory()
    try:
        station = build(config)
    except (OSError, ValueError, PcscNotInstalled) as error:
        _log.error("cannot start: %s", error)
        return MISSING
    try:
        listening = listen_on(config.port)
    except OSError:
        _log.error("cannot start: port %d is in use", config.port)
        return MISSING
    # What is there now stays: a look through all of it for rubbish held every page up for 76 ms (measured).
    gc.collect()
    gc.freeze()
    with listening:
        _log.info("station %s serves http://127.0.0.1:%d/", config.name, config.port)
        StationServer(station).run([listening])
    return OK


def _leave_no_core() -> None:
    """However this process ends, its memory is not written to a disk: it held a PIN for a moment."""
    if sys.platform != "win32":
        import resource

        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        except (OSError, ValueError):
            _log.warning("core dumps of this process cannot be turned off here")


def keep_freed_memory() -> None:
    """Keeps up to 4 MB that is free for the next request instead of giving it back to the system.

    glibc gives back every large piece at once, and the next one costs a page fault for each 4 KB: a third of
    what an upload cost (measured). Elsewhere nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, 4 * 2**20)
        mallopt(_M_MMAP_THRESHOLD, 2**20)


def listen_on(port: int) -> socket.socket:
    """The gateway's socket, on the loopback only. Raises OSError when the port is taken."""
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that say they are TCP. Without
    # it each answer of two parts waits 40 ms for a delayed acknowledgement (measured).
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let another program listen beside us and take the pages' requests.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def build(config: StationConfig) -> Station:
    """The station of `config`. Raises OSError or ValueError for its key or folder, PcscNotInstalled for
    its reader."""
    config.state_dir.mkdir(parents=True, exist_ok=True)
    # Windows keeps who may read a file elsewhere (station/deploy/windows sets it).
    if sys.platform != "win32" and config.key_file.stat().st_mode & 0o077:
        _log.warning("other users of this machine can read %s: set its mode to 0600", config.key_file)
    try:
        key = load_key(config.key_file)
    except ValueError as error:
        raise ValueError(f"{config.key_file}: not an Ed25519 private key in PEM") from error
    signer = Signer(config.name, key, lambda: time.time_ns() // 1_000_000)
    return Station(config, signer, open_devices(config), JobLog(config.state_dir / "print-jobs.db"))


class StationServer(uvicorn.Server):
    """uvicorn, told to end open streams first and to leave with the exit code of a clean stop."""

    def __init__(self, station: Station) -> None:
        super().__init__(
            uvicorn.Config(
                station,
                access_log=False,
                log_config=None,
                log_level="warning",
                lifespan="on",
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
                ws="none",
            )
        )
        self._station = station

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal is a wish to stop. uvicorn would send it to itself again at the end and die of it."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends every open stream, then stops."""
        self._station.close_streams()
        await super().shutdown(sockets)
