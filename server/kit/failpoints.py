"""Named places where a test may let the process die. Refused in production.

KAKANAI_FAILPOINT arms one for the whole life of a process, the hardware desk one for the next time.
"""

import os
import signal

NAMES = frozenset(
    {
        "queue.before_commit",
        "queue.after_commit",
        "acceptance.before_commit",
        "acceptance.after_commit",
        "submission.before_send",
        "submission.before_mark",
    }
)
_armed = ""


def arm(name: str) -> None:
    """Arm one failpoint, or none with an empty name. Raises ValueError for an unknown one."""
    global _armed  # noqa: PLW0603 - the process has one
    if name and name not in NAMES:
        raise ValueError(f"unknown failpoint {name}; known: {', '.join(sorted(NAMES))}")
    _armed = name


def reached(name: str) -> None:
    """Die here, as if the power had gone, when this failpoint is armed."""
    if _armed == name:
        os.kill(os.getpid(), signal.SIGKILL)
