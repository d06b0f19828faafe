"""/api/v1/station-keys: where a new station shows its code and registers its public key."""

import base64
import binascii
from typing import Annotated

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from server.auth.enrolment import CodeRefused, has_code, redeem
from server.web.guards import GuardedRouter, Public, ctx_of
from server.web.problems import Problem
from server.web.services import services

router = GuardedRouter(prefix="/api/v1/station-keys", guard=Public())


class KeyRequest(BaseModel):
    """A station's new public key (PEM) and its code; `proof` is base64 (server.auth.enrolment.proof_text)."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(max_length=32)]
    code: Annotated[str, Field(max_length=40, repr=False)]
    public_key: Annotated[str, Field(max_length=200)]
    proof: Annotated[str, Field(max_length=200)]


@router.action("", status_code=201)
def register(request: Request, wanted: KeyRequest) -> JSONResponse:
    """201 {name, kind, desk, fingerprint, replaced}; 403 enrol_wrong, _expired, _spent, _bad_key.

    The code in the body is what admits: nobody signs here yet.
    """
    held, ctx = services(request), ctx_of(request)
    try:
        proof = base64.b64decode(wanted.proof, validate=True)
    except binascii.Error as error:
        raise Problem(403, "enrol_bad_key") from error
    with held.db.read() as unit:
        if not has_code(unit, ctx, wanted.name):
            # Nobody keeps the writers busy by asking for stations that are not awaited.
            raise Problem(403, "enrol_wrong")
    with held.db.write() as unit:
        outcome = redeem(
            unit, ctx, name=wanted.name, code=wanted.code, public_key=wanted.public_key, proof=proof
        )
    if isinstance(outcome, CodeRefused):
        raise Problem(403, f"enrol_{outcome.reason}")
    return JSONResponse(
        {
            "name": outcome.station,
            "kind": outcome.kind,
            "desk": outcome.desk,
            "fingerprint": outcome.fingerprint,
            "replaced": outcome.replaced,
        },
        201,
    )
