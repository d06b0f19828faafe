"""Preparing the paper: the intake is frozen, the form made once, and the resident checks it.

The digest covers the facts, the guidance and the PDF's bytes; preview, print and archive are the same file.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from printing.forms import residence_change
from procedures import Guidance
from server.auth import queries as stations
from server.db.context import Context
from server.db.uow import NotThereError, Unit, one_of
from server.db.vault import DataKey, Vault
from server.journal.service import record
from server.kit.clock import now
from server.kit.ids import new_token
from server.print_jobs import service as print_jobs
from server.reception import forms
from server.reception.intake import Intake, standing_of
from server.reception.message import draft_of
from server.reception.missing import gaps
from server.reception.models import PreparedIntake, Reception
from server.reception.service import ProtectedError, current_intake
from server.reception.states import move

HOW = ("screen", "aloud")


class WithheldError(RuntimeError):
    """The form holds an address that may not be shown now (`is_withheld`)."""


class NotReadyError(RuntimeError):
    """Something is still open; `gaps` are keys of the sentences that say what."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.gaps = missing


@dataclass(frozen=True)
class Paper:
    """What the form needs besides the intake."""

    municipality: str
    municipality_code: str
    desk: str
    staff_name: str
    ticket_label: str | None


def render(intake: Intake, paper: Paper) -> bytes:
    """The form's PDF; slow enough to be made outside the transaction that freezes it."""
    return residence_change.render(
        forms.fill(
            intake,
            municipality=paper.municipality,
            desk=paper.desk,
            staff_name=paper.staff_name,
            ticket_label=paper.ticket_label,
        )
    )


def prepare(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    intake: Intake,
    guidance: Guidance,
    pdf: bytes,
    paper: Paper,
) -> PreparedIntake:
    """Freeze the intake with its form. Raises NotReadyError.

    The digests stay when everything else is forgotten, so nothing that could be guessed is digested alone.
    """
    missing = gaps(intake, guidance)
    if missing:
        raise NotReadyError(missing)
    move(reception, "prepare")
    pdf = forms.unguessable(pdf)
    form_digest = hashlib.sha256(pdf).hexdigest()
    frozen = {
        "draft": draft_of(intake, guidance, reception, paper, ctx, form_digest),
        # Of everybody who lives there: who stays behind is found at the address that the others leave.
        "protected": any(person.protection != "no" for person in intake.people),
        "from_core": intake.may_show("core") and any(person.resident for person in intake.movers),
        "events": list(intake.events),
        "guidance": guidance.to_dict(),
        "facts": facts_of(intake),
        "salt": new_token(),
    }
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, default=str)
    digest = hashlib.sha256((text + form_digest).encode()).hexdigest()
    row = PreparedIntake(
        tenant_id="",
        site_id="",
        reception_id=reception.id,
        form_id=forms.FORM_ID,
        form_version=forms.FORM_VERSION,
        catalogue_version=guidance.catalogue_version,
        digest=digest,
        form_sha256=form_digest,
        pages=_pages(pdf),
        frozen=b"",
        pdf=b"",
        at=now(),
        by=ctx.actor,
    )
    row.frozen = key.seal(json.loads(text), f"prepared:{row.id}")
    row.pdf = key.seal_bytes(pdf, f"pdf:{row.id}")
    unit.add(ctx.stamp(row))
    reception.disputed = None
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.prepared",
        reception.id,
        form=row.form_id,
        version=row.form_version,
        digest=digest,
        catalogue=row.catalogue_version,
        pages=row.pages,
    )
    _changed(unit, reception)
    return row


def confirm(unit: Unit, ctx: Context, reception: Reception, how: str) -> None:
    """The resident says that it is right: on the second screen, or after it was read aloud to them."""
    if how not in HOW:
        raise NotThereError("how")
    move(reception, "confirm")
    reception.confirmed_how = how
    unit.add(reception)
    record(unit, ctx, "reception.confirmed", reception.id, how=how)
    _changed(unit, reception)


def print_form(unit: Unit, ctx: Context, reception: Reception, station: str) -> None:
    """Ask a counter's station for the paper; every further one is a numbered copy of the same file.

    Raises NotThereError for any other station: nobody's form comes out at a kiosk. Raises ProtectedError for
    whoever may not read it on a screen either, NotNowError.
    """
    if standing_of(unit, ctx, reception).needs_supervisor:
        raise ProtectedError
    found = stations.station(unit, ctx.tenant_id, station)
    if found is None or found.kind != "counter":
        raise NotThereError("Station")
    move(reception, "print")
    unit.add(reception)
    intake = current_intake(unit, reception.id)
    if intake is None:
        raise NotThereError("PreparedIntake")
    print_jobs.cancel(unit, ctx, reception.id, "printed anew", kinds=["form"])
    print_jobs.queue_form(unit, ctx, station, reception.id, intake.id, reception.key_id)
    _changed(unit, reception)


def dispute(unit: Unit, ctx: Context, reception: Reception, fields: list[str]) -> None:
    """The resident has pointed at places that are wrong: back to the intake, paper withdrawn."""
    move(reception, "dispute")
    reception.disputed = ",".join(fields)[:200]
    _drop(unit, ctx, reception, "disputed")
    record(unit, ctx, "reception.disputed", reception.id, fields=fields)
    _changed(unit, reception)


def reopen(unit: Unit, ctx: Context, reception: Reception, key: DataKey, reason: str) -> None:
    """Staff want to change something before acceptance. Raises NotNowError."""
    move(reception, "reopen")
    _drop(unit, ctx, reception, "reopened")
    record(unit, ctx, "reception.reopened", reception.id, key=key, reason=reason)
    _changed(unit, reception)


def is_withheld(unit: Unit, ctx: Context, key: DataKey, reception: Reception) -> bool:
    """Whether the form holds an address of the core's that may not be shown or printed now.

    It may come out again as soon as the core answers; made anew meanwhile, it leaves that address out. Once
    accepted it is a signed sheet in somebody's hand, and evidence.
    """
    intake = current_intake(unit, reception.id)
    if (
        intake is None
        or reception.accepted_at is not None
        or standing_of(unit, ctx, reception).may_show_core_addresses
    ):
        return False
    return bool(frozen_of(key, intake)["from_core"])


def outdated(key: DataKey, prepared: PreparedIntake, intake: Intake, guidance: Guidance | None) -> str:
    """What has changed since the form was made: "day" (it bears the date of another one), "rules" (those that
    count now guide otherwise), or "". The day of filing (届出日) decides which rules count, so a form that is
    accepted now should have been made with them.
    """
    frozen = frozen_of(key, prepared)
    if frozen["draft"].get("filed_on", intake.filed_on.isoformat()) != intake.filed_on.isoformat():
        return "day"
    if guidance is None or guidance.catalogue_version == prepared.catalogue_version:
        return ""
    live = json.loads(json.dumps(guidance.to_dict(), default=str))
    told = ("applies", "may_apply", "needs_confirmation")
    return "rules" if any(live[part] != frozen["guidance"][part] for part in told) else ""


def withheld_papers(unit: Unit, ctx: Context, vault: Vault, station: str) -> set[str]:
    """The receptions whose form waits for this station's printer and may not come out now."""
    waiting = [
        one_of(unit, Reception, ctx.tenant_id, at) for at in print_jobs.forms_waiting(unit, ctx, station)
    ]
    return {one.id for one in waiting if is_withheld(unit, ctx, vault.key(unit, ctx, one.key_id), one)}


def pdf_of(unit: Unit, ctx: Context, key: DataKey, reception: Reception) -> bytes:
    """The form's bytes, for who works on this intake.

    Raises NotThereError before it was prepared, ProtectedError, WithheldError.
    """
    intake = current_intake(unit, reception.id)
    if intake is None or not intake.pages:
        raise NotThereError("PreparedIntake")
    if standing_of(unit, ctx, reception).needs_supervisor:
        raise ProtectedError
    if is_withheld(unit, ctx, key, reception):
        raise WithheldError
    return key.open_bytes(intake.pdf, f"pdf:{intake.id}")


def frozen_of(key: DataKey, intake: PreparedIntake) -> dict[str, Any]:
    """What was frozen: draft, guidance, facts."""
    frozen: dict[str, Any] = key.open(intake.frozen, f"prepared:{intake.id}")
    return frozen


def _drop(unit: Unit, ctx: Context, reception: Reception, reason: str) -> None:
    intake = current_intake(unit, reception.id)
    if intake is not None:
        intake.dropped = True
        unit.add(intake)
    reception.confirmed_how = None
    unit.add(reception)
    print_jobs.cancel(unit, ctx, reception.id, reason)


def facts_of(intake: Intake) -> list[dict[str, Any]]:
    """Every standing fact with where it came from, as it is frozen."""
    owners = ["", *(person.person_id for person in intake.people)]
    return [
        {
            "person": owner,
            "name": name,
            "value": view.value,
            "unknown": view.unknown,
            "source": view.source,
            "at": view.at.isoformat(),
            "by": view.by,
            "as_of": view.as_of.isoformat() if view.as_of else None,
            "confirmed_by": view.confirmed_by,
        }
        for owner in owners
        for name, view in sorted(intake.facts.of(owner).items())
    ]


def _pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n") or 1


def _changed(unit: Unit, reception: Reception) -> None:
    unit.announce(f"subject:{reception.id}")
    unit.announce(f"desk:{reception.desk}")
