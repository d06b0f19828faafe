"""The least that the same work costs: a bare endpoint of the same framework with one durable insert."""

import sqlite3
import sys
import threading

import uvicorn
from fastapi import FastAPI


def bare(path: str) -> FastAPI:
    """POST / inserts one row durably and answers with its number."""
    app = FastAPI()
    lock = threading.Lock()
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS ticket (id INTEGER PRIMARY KEY, at TEXT)")

    @app.post("/", status_code=201)
    def issue() -> dict[str, int | None]:
        with lock:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute("INSERT INTO ticket (at) VALUES (datetime())").lastrowid
            connection.execute("COMMIT")
        return {"number": row}

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


if __name__ == "__main__":
    uvicorn.run(bare(sys.argv[1]), port=int(sys.argv[2]), access_log=False, log_level="warning")
