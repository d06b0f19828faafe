"""The PC/SC service behind virtual readers (`kakanai run --reader vpcd`): found, or started for this run."""

import os
import shutil
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from server.demo.children import Child
from server.demo.programs import Command

# Where pcscd listens; systemd holds it open and starts the service at the first connection.
SERVICE_SOCKET = Path("/run/pcscd/pcscd.comm")
FIRST_SLOT = 35963  # vpcd's, see card_reader/simulated/vpcd.py


class NoServiceError(Exception):
    """There is no PC/SC service and we may not start one; the text is a sentence for the person who asked."""


def is_running(path: Path = SERVICE_SOCKET) -> bool:
    """Does a PC/SC service answer (or will systemd start it)?"""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def child(environment: Mapping[str, str], log: Path) -> Child:
    """pcscd as a part of this run. Raises NoServiceError when it is not installed or we are not root."""
    program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin")
    if program is None or os.geteuid() != 0:
        raise NoServiceError(
            "カードリーダーのサービス（pcscd）が動いていません。pcscd と vsmartcard-vpcd を入れて動かすか、"
            "--reader simulated でお試しください。 / "
            "The PC/SC service (pcscd) does not run here: install and start pcscd and vsmartcard-vpcd, "
            "or use --reader simulated."
        )
    command = Command([program, "--foreground"])
    ready = partial(_listens, FIRST_SLOT)
    return Child("pcscd", "カードリーダーのサービス", "the PC/SC service", command, environment, log, ready)


def _listens(port: int) -> bool:
    """Is somebody at this port? By trying to take it: connecting would lay a card into the reader."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return True
    return False
