"""Fetches the wheels of a station on Windows: `python station/deploy/windows/wheels.py FOLDER`, on any PC.

Writes FOLDER/windows.lock (requirements/pcsc.lock without what Windows does not have, and with what it needs
besides) and fetches every file of it for Windows on x86-64 and Python 3.11, each checked by its hash. The
installer takes libraries from that folder alone.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = HERE.parents[2] / "requirements"
# No wheel for Windows; uvicorn does without it.
NOT_THERE = ("uvloop",)
PLATFORM = ["--platform", "win_amd64", "--python-version", "3.11"]


def windows_lock() -> str:
    """The lock for Windows, every line with its hashes."""
    locks = [LOCKS / "build.lock", LOCKS / "pcsc.lock", HERE / "extra.lock"]
    entries: dict[str, str] = {}
    for lock in locks:
        for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip()):
            if not entry.startswith("#"):
                entries[entry.split("==")[0]] = entry
    return "".join(f"{entry}\n" for name, entry in sorted(entries.items()) if name not in NOT_THERE)


def main(folder: Path) -> int:
    """pip's exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "windows.lock"
    lock.write_text(windows_lock(), encoding="utf-8")
    fetch = ["pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:", *PLATFORM]
    return subprocess.run([sys.executable, "-m", *fetch, "-d", folder, "-r", lock], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
