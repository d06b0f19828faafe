"""Hearing what other processes changed, on PostgreSQL: NOTIFY carries a topic, never data.

Notifications are lost while the connection is down; on reconnect every listener is woken to read anew.
"""

import logging
import threading

import psycopg
from sqlalchemy.engine import make_url

from server.web.sse import Hub

log = logging.getLogger("kakanai")


class Listener:
    """A thread that passes PostgreSQL's notifications to the hub."""

    def __init__(self, url: str, hub: Hub) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._hub = hub
        self._stopped = threading.Event()

    def start(self) -> None:
        """Listen in a thread of this process, also when the database goes away and comes back."""
        threading.Thread(target=self._run, name="kakanai-listener", daemon=True).start()

    def stop(self) -> None:
        """End the thread within a second."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    connection.execute("LISTEN kakanai")
                    self._hub.publish_all()
                    self._pass_on(connection)
            except psycopg.Error as error:
                log.warning("listening to the database was interrupted: %s", type(error).__name__)
                self._stopped.wait(1.0)

    def _pass_on(self, connection: "psycopg.Connection[object]") -> None:
        while not self._stopped.is_set():
            for notice in connection.notifies(timeout=1.0):
                self._hub.publish([notice.payload])
