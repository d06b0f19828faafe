"""What this station has printed, kept on its disk: a job that was printed is never printed again.

Only job ids and how far each came; nothing of what was on the paper. A crash between paper and report is
found here at the next start. `sending` that was never followed by another word means: nobody knows whether
there is paper.
"""

import sqlite3
import threading
from pathlib import Path
from typing import Literal

JobState = Literal["new", "sending", "printed"]

_KEPT = 5000


class BrokenLog(OSError):
    """The log cannot be read or written; the text says what to do."""


class JobLog:
    """The log in one SQLite file. May be used from several threads. Raises BrokenLog when it cannot begin."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._open(path)
        except sqlite3.Error as error:
            raise BrokenLog(
                f"{path} cannot be used ({error}). Move it away and start again; a paper whose report was "
                "still to come is then printed once more / 読めません。別の場所へ移して、起動し直してください"
            ) from None

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # FULL: the word "sending" must be on the disk before the first byte is on the paper.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS job (number INTEGER PRIMARY KEY AUTOINCREMENT,"
            " id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, reported INTEGER NOT NULL DEFAULT 0)"
        )
        self._run("DELETE FROM job WHERE reported = 1 AND number <= (SELECT max(number) FROM job) - ?", _KEPT)

    def state(self, job_id: str) -> JobState:
        """How far the job came here; `sending` is one whose end nobody saw."""
        rows = self._run("SELECT state FROM job WHERE id = ?", job_id)
        return "new" if not rows else "printed" if rows[0][0] == "printed" else "sending"

    def sending(self, job_id: str) -> None:
        """The next thing that happens is its first byte."""
        self._run("INSERT INTO job (id, state) VALUES (?, 'sending') ON CONFLICT (id) DO NOTHING", job_id)

    def printed(self, job_id: str) -> None:
        """It is on paper; the server does not know yet."""
        self._run("UPDATE job SET state = 'printed' WHERE id = ?", job_id)

    def nothing_sent(self, job_id: str) -> None:
        """Not a byte went out: forget that it was tried."""
        self._run("DELETE FROM job WHERE id = ? AND state = 'sending'", job_id)

    def reported(self, job_id: str) -> None:
        """The server knows that it is printed."""
        self._run("UPDATE job SET reported = 1 WHERE id = ?", job_id)

    def unreported(self) -> list[str]:
        """Printed jobs of which the server does not know, oldest first."""
        return [
            str(row[0])
            for row in self._run(
                "SELECT id FROM job WHERE state = 'printed' AND reported = 0 ORDER BY number"
            )
        ]

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    def _run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
