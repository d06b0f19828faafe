"""The tries that a card has left. They outlive its removal and, kept in a file, the process."""

import json
from pathlib import Path

from card_reader.simulated.layout import SecretName, card_layout
from card_reader.simulated.personas import Persona


class TryCounters:
    """Tries left per secret, for one card."""

    def __init__(self, persona: Persona) -> None:
        self._full = {name: secret.tries for name, secret in card_layout().secrets.items()}
        self._left: dict[SecretName, int] = {**self._full, **persona.tries}
        if persona.face_authentication:
            # Doubt: nobody has said what such a card answers; its four-digit PINs were never set.
            self._left |= {"pin": 0, "authentication": 0, "signature": 0}

    def left(self, secret: SecretName) -> int:
        """Tries left, 0 when blocked."""
        return self._left[secret]

    def all_left(self) -> dict[SecretName, int]:
        """Tries left of every secret."""
        return dict(self._left)

    def use(self, secret: SecretName) -> None:
        """One wrong presentation."""
        self._left[secret] = max(0, self._left[secret] - 1)
        self._changed()

    def restore(self, secret: SecretName) -> None:
        """A right presentation."""
        self._left[secret] = self._full[secret]
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
            self._left.update({secret: int(kept[secret]) for secret in self._full if secret in kept})

    def _changed(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._left), encoding="utf-8")
        fresh.replace(self._path)
