"""Run a command that ends when its parent ends: `python leash.py PARENT_PID COMMAND [ARGUMENT …]`.

The supervisor starts every program of the machine through this file. Linux sends the child SIGKILL when the
parent is gone, even when the parent itself was killed with SIGKILL and could clean up nothing: nothing of a
demo outlives it. SIGKILL and not SIGTERM, because a child that hangs must go as well, and every part of
Kakanai survives it by design. Run as a plain file so that it costs a few milliseconds; only the standard
library.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; stays set through exec


def fasten(parent: int) -> None:
    """This process ends with `parent`, and hears signals again."""
    # The supervisor waits for its signals with them blocked, and a blocked signal is inherited.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It ended before we asked to be told.
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Become the command."""
    parent, command = int(arguments[0]), arguments[1:]
    fasten(parent)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
