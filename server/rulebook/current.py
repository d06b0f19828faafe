"""Which rules count now: the newest approved version whose day has come, otherwise the shipped file.

Both are read together with the national files as these were when this process began (good_files.py).
"""

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from procedures import Catalogue, load_catalogue
from procedures.reading.data_files import DATA, DataFiles
from server.db.uow import Database, Unit
from server.kit.clock import today
from server.rulebook import good_files, queries
from server.rulebook.good_files import Standing
from server.rulebook.queries import Counting
from server.rulebook.reading import reading

log = logging.getLogger("kakanai.rules")


@dataclass(frozen=True)
class Current:
    """What counts. `number` is None for the shipped file; `refused` are newer versions that this release
    cannot read.
    """

    number: int | None
    refused: tuple[int, ...]
    catalogue: Catalogue = field(repr=False)


class Rulebook:
    """The rules of one municipality as of now, the same in every process: the database is asked each time,
    a text is compiled once.
    """

    def __init__(self, db: Database, tenant_id: str, municipality: str, data: Path = DATA) -> None:
        """Reads the files. Raises CatalogueInvalid when that cannot be, and none are kept."""
        self._db = db
        self._tenant_id = tenant_id
        self.municipality = municipality
        self.data = data
        with db.read() as unit:
            self.standing: Standing = good_files.standing(unit, tenant_id, municipality, data)
        # One at a time: a request that asks holds a connection already, and must not wait for another one
        # that only requests which wait here could give back (server.db.engine counts this one in).
        self._turn = threading.Lock()
        # By digest; None for a text that cannot be read.
        self._read: dict[str, Catalogue | None] = {}

    @property
    def files(self) -> DataFiles:
        """What every version is read together with."""
        return self.standing.files

    @property
    def catalogue(self) -> Catalogue:
        """The rules that count now. Raises CatalogueInvalid when not even the shipped ones can be read."""
        return self.current().catalogue

    def current(self) -> Current:
        """The rules that count now, and where they come from. A version that cannot be read is passed over:
        the one before it keeps counting.
        """
        with self._turn, self._db.read() as unit:
            refused: list[int] = []
            for version in queries.counting(unit, self._tenant_id, today()):
                catalogue = self._compiled(unit, version)
                if catalogue is not None:
                    return Current(version.number, tuple(refused), catalogue)
                refused.append(version.number)
        return Current(None, tuple(refused), load_catalogue(self.municipality, self.files))

    def _compiled(self, unit: Unit, version: Counting) -> Catalogue | None:
        if version.digest not in self._read:
            text = queries.content_of(unit, self._tenant_id, version.id)
            outcome = reading(self.municipality, text, self.files)
            if outcome.catalogue is None:
                log.error("version %s of the rules has %s faults", version.number, len(outcome.faults))
            self._read[version.digest] = outcome.catalogue
        return self._read[version.digest]
