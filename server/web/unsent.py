"""A form that was sent after its session had ended: what was typed goes through the sign-in page and back.

It travels in the page itself, sealed under the municipality's key and bound to the member of staff whose
session sent it; nothing is stored. Only that person, signed in again, gets it opened, on a page that sends it
once more.
"""

import base64
import binascii
import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from server.auth import queries as auth
from server.db.vault import DataKey, VaultDamagedError
from server.kit.clock import now
from server.web.csrf import TOKEN_FIELD, TOKEN_HEADER
from server.web.services import Services, cookie_name, services

KEPT = timedelta(hours=12)
# Below what a page may send at all (server.web.middleware), with room for the sign-in form around it.
LONGEST = 900_000


@dataclass(frozen=True)
class Unsent:
    """Where the form was going, and its fields in their order."""

    target: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def typed(self) -> list[str]:
        """What a person may have typed, without keys, numbers and empty fields."""
        return [value for name, value in self.fields if name != "idempotency_key" and not _is_mark(value)]


async def of(request: Request) -> Unsent | None:
    """The form that `request` sent; None for anything else, or when there is nothing in it but its token."""
    if request.method != "POST" or "urlencoded" not in request.headers.get("content-type", ""):
        return None
    form = await request.form()
    fields = [
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name != TOKEN_FIELD
    ]
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Unsent(target, tuple(fields)) if fields else None


async def sealed(request: Request) -> str:
    """The form of `request`, sealed for whose session has ended; "" when there is none, or it is nobody's."""
    unsent, token = await of(request), request.cookies.get(cookie_name(request))
    if unsent is None or not token:
        return ""
    given = request.headers.get(TOKEN_HEADER) or str((await request.form()).get(TOKEN_FIELD, ""))
    return await run_in_threadpool(_seal, services(request), unsent, token, given)


def opened(held: Services, staff_id: str, text: str) -> Unsent | None:
    """What was sealed for this member of staff, not too long ago."""
    if not text:
        return None
    try:
        plain = _key(held).open_bytes(base64.b64decode(text, validate=True), _about(staff_id))
        kept = json.loads(zlib.decompress(plain))
    except (VaultDamagedError, binascii.Error):
        return None
    if now() - datetime.fromisoformat(kept["at"]) > KEPT:
        return None
    return Unsent(kept["target"], tuple((name, value) for name, value in kept["fields"]))


def _seal(held: Services, unsent: Unsent, token: str, given: str) -> str:
    with held.db.read() as unit:
        staff_id = auth.whose_form(unit, held.settings.tenant, token, given)
    if staff_id is None:
        return ""
    kept = {"at": now().isoformat(), "target": unsent.target, "fields": unsent.fields}
    packed = zlib.compress(json.dumps(kept, ensure_ascii=False).encode())
    text = base64.b64encode(_key(held).seal_bytes(packed, _about(staff_id))).decode()
    return text if len(text) <= LONGEST else ""


def _key(held: Services) -> DataKey:
    with held.db.write() as unit:
        return held.vault.lasting_key(unit, held.system, "unsent")


def _about(staff_id: str) -> str:
    return f"unsent:{staff_id}"


def _is_mark(value: str) -> bool:
    return not value.strip() or value.isdigit()
