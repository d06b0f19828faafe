"""Ending a visit whose notification has no form of its own here: told, handed over, nothing sent to the core.

The notification itself is taken on its existing form. When it was, the departments get their parts as after
an acceptance, and everything is kept as long; of a visitor who only asked, nothing is kept at the end.
"""

import hashlib
import json
from typing import Any

from procedures import Guidance
from server.db.context import Context
from server.db.uow import Unit
from server.db.vault import DataKey
from server.journal.service import record
from server.kit.clock import now
from server.kit.ids import new_token
from server.reception.confirmation import NotReadyError, facts_of
from server.reception.intake import Intake
from server.reception.message import visit_part
from server.reception.missing import gaps
from server.reception.models import PreparedIntake, Reception
from server.reception.service import changed
from server.reception.states import move


def hand_over(
    unit: Unit,
    ctx: Context,
    reception: Reception,
    key: DataKey,
    intake: Intake,
    guidance: Guidance,
    *,
    filed: bool,
) -> dict[str, Any]:
    """Freeze what was told; `filed` says that the notification was taken on its existing form.

    Returns what was frozen, with follow-ups only when it was filed. Raises NotReadyError: something is still
    open, or the notification has a form here (own_form). Raises NotNowError.
    """
    missing = gaps(intake, guidance) if filed else ["supervisor"] * intake.standing.needs_supervisor
    if filed and intake.files_here:
        missing.append("own_form")
    if missing:
        raise NotReadyError(missing)
    move(reception, "guide")
    draft = visit_part(intake, guidance, ctx, intake.concerned or intake.people)
    frozen: dict[str, Any] = {
        "draft": draft if filed else draft | {"follow_ups": []},
        "protected": any(person.protection != "no" for person in intake.people),
        "from_core": False,
        "events": list(intake.events),
        "guidance": guidance.to_dict(),
        "facts": facts_of(intake),
        # As in server.reception.confirmation: the digest outlives what it is of.
        "salt": new_token(),
    }
    text = json.dumps(frozen, ensure_ascii=False, sort_keys=True, default=str)
    row = PreparedIntake(
        tenant_id="",
        site_id="",
        reception_id=reception.id,
        form_id="",
        form_version="",
        catalogue_version=guidance.catalogue_version,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        form_sha256="",
        pages=0,
        frozen=b"",
        pdf=b"",
        at=now(),
        by=ctx.actor,
    )
    row.frozen = key.seal(json.loads(text), f"prepared:{row.id}")
    unit.add(ctx.stamp(row))
    reception.accepted_at = now() if filed else None
    unit.add(reception)
    record(
        unit,
        ctx,
        "reception.guided",
        reception.id,
        digest=row.digest,
        catalogue=row.catalogue_version,
        filed=filed,
        work_items=len(frozen["draft"]["follow_ups"]),
    )
    changed(unit, reception)
    return frozen
