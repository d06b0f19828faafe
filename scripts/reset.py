"""Delete the demo's data: `python3 scripts/reset.py`, called by `make reset`.

Deletes the state folder (KAKANAI_STATE_DIR, default ./state) and nothing else. It stops nothing: while a run
uses the folder it refuses. It also refuses a folder that `kakanai run` did not make, so that a mistyped
setting cannot delete a home directory. Only the standard library. Exit codes: 0 deleted or nothing there,
1 refused.
"""

import fcntl
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Both files are written by server/demo/state_dir.py.
MARKER = "kakanai-state.json"
LOCK = "run.lock"


def refuse(reason: str) -> int:
    """Say why nothing was deleted."""
    print(reason, file=sys.stderr)
    return 1


def reset(state: Path) -> int:
    """Delete the folder; the exit code."""
    if not state.exists():
        print(f"{state} はありません。 / There is no {state}.")
        return 0
    if not (state / MARKER).is_file():
        return refuse(
            f"{state} は Kakanai のデータではないため消しません。 / {state} is not Kakanai's: left alone."
        )
    with (state / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return refuse(
                f"{state} は使用中です。動いている Kakanai を止めてから、もう一度お試しください。 / "
                f"{state} is in use: stop the running Kakanai first."
            )
        shutil.rmtree(state)
    print(f"{state} を消しました。 / Deleted {state}.")
    return 0


if __name__ == "__main__":
    sys.exit(reset(Path(os.environ.get("KAKANAI_STATE_DIR") or ROOT / "state").resolve()))
