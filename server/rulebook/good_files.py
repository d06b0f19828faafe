"""The files of the rules that came with the program, and the last ones that could be read without a fault.

What can be read is kept in the database. When a later start finds a file with a fault, the kept ones stand
in for all of them until it is mended (docs/decisions/0027). A server that never read any does not start.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from procedures import CatalogueInvalid, load_catalogue
from procedures.reading.data_files import DATA, DataFiles, on_disk
from server.db.context import Context
from server.db.uow import Unit
from server.journal.service import record
from server.kit.clock import JST, now
from server.rulebook import queries
from server.rulebook.models import GoodFiles
from server.rulebook.reading import Fault, faults_of

log = logging.getLogger("kakanai.rules")


@dataclass(frozen=True)
class StandIn:
    """The files in use are kept ones: they were first read at `read_at`, and stand in for the files on disk
    since `since`.
    """

    read_at: datetime
    since: datetime


@dataclass(frozen=True)
class Standing:
    """The files that the rules are read from. `faults`: what is wrong with those on disk. With faults and no
    `stand_in` they are the files in use all the same, and only an approved version can count.
    """

    files: DataFiles
    faults: tuple[Fault, ...] = ()
    stand_in: StandIn | None = None


def standing(unit: Unit, tenant_id: str, municipality: str, data: Path = DATA) -> Standing:
    """Reads the files on disk, and the kept ones where those have faults. Writes nothing.

    Raises CatalogueInvalid when a file on disk cannot even be opened, and nothing is kept.
    """
    kept = queries.good_files(unit, tenant_id, municipality)
    files: DataFiles | None = None
    try:
        files = on_disk(municipality, data)
        if kept is None or kept.digest != files.digest:
            load_catalogue(municipality, files)
        return Standing(files)
    except CatalogueInvalid as error:
        if kept is None and files is None:
            raise
        faults = faults_of(error.problems, files)
    if kept is None:
        assert files is not None  # noqa: S101 - raised above
        return Standing(files, faults)
    shown_in = f"{data}/" if data != DATA else "procedures/data/"
    stand_in = StandIn(kept.read_at, kept.faulty_since or now())
    return Standing(DataFiles.unpacked(kept.texts, shown_in), faults, stand_in)


def remember(unit: Unit, ctx: Context, municipality: str, found: Standing) -> None:
    """Keep files that were read without a fault; or note since when the kept ones stand in, and say so."""
    unit.hold(f"good-files:{ctx.tenant_id}:{municipality}")
    row = queries.good_files(unit, ctx.tenant_id, municipality)
    if found.faults:
        _complain(found)
        if row is not None and row.faulty_since is None:
            row.faulty_since = now()
            unit.add(row)
            many = len(found.faults)
            record(unit, ctx, "rules.files_faulty", municipality, faults=many, digest=row.digest)
        return
    if row is not None and row.digest == found.files.digest:
        row.faulty_since = None
        unit.add(row)
        return
    if row is None:
        row = ctx.stamp(
            GoodFiles(tenant_id="", site_id="", municipality=municipality, digest="", texts="", read_at=now())
        )
    row.digest, row.texts = found.files.digest, found.files.packed()
    row.read_at, row.faulty_since = now(), None
    unit.add(row)
    record(unit, ctx, "rules.files_read", municipality, digest=row.digest)


def _complain(found: Standing) -> None:
    for fault in found.faults:
        log.error("%s:%s: %s", fault.file, fault.line, fault.message)
    if found.stand_in:
        read_at, since = (
            day.astimezone(JST).isoformat(" ", "minutes")
            for day in (found.stand_in.read_at, found.stand_in.since)
        )
        log.error("the files that were read at %s stand in for those on disk since %s", read_at, since)
