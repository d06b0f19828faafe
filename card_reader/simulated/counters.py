"""The tries that a card has left. They outlive its removal and, kept in a file, the process."""

import json
from pathlib import Path

from card_reader.simulated.personas import Persona, SecretName

# A new card's numbers; sources in my-number-card facts: city pages, OpenSC pkcs15-jpki.c.
FULL_TRIES: dict[SecretName, int] = {"pin": 3, "authentication": 3, "signature": 5}


class TryCounters:
    """Tries left per secret, for one card."""

    def __init__(self, persona: Persona) -> None:
        self._left: dict[SecretName, int] = {**FULL_TRIES, **persona.tries}

    def left(self, secret: SecretName) -> int:
        """Tries left, 0 when blocked."""
        return self._left[secret]

    def use(self, secret: SecretName) -> None:
        """One wrong presentation."""
        self._left[secret] = max(0, self._left[secret] - 1)
        self._changed()

    def restore(self, secret: SecretName) -> None:
        """A right presentation."""
        self._left[secret] = FULL_TRIES[secret]
        self._changed()

    def _changed(self) -> None:
        """Called after each change; a place to keep the numbers."""


class FileTryCounters(TryCounters):
    """Counters kept in a JSON file: a blocked card stays blocked when another process lays it on again."""

    def __init__(self, persona: Persona, path: Path) -> None:
        super().__init__(persona)
        self._path = path
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._left.update({secret: int(kept[secret]) for secret in FULL_TRIES if secret in kept})

    def _changed(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._left), encoding="utf-8")
        fresh.replace(self._path)
