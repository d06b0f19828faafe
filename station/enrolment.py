"""Getting this station's key known: the administrator's one-time code in, a new key's public half out.

The private key is made here, in a file that only its owner can read, and never leaves the PC. Until the
server has taken the new one it lies beside the old one: a station that is enrolled anew works on meanwhile.
"""

import base64
import hashlib
import json
import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.config import LOOPBACK, wrong_address
from station.signing import create_key, load_key, public_pem
from station.words import Words, enrolment

PATH = "/api/v1/station-keys"
_ANSWERED = {"kind", "fingerprint", "replaced"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LIMIT_S = 15.0
_PORTS = {"kiosk": 8101, "counter": 8111}
# The server's own; station and server share no code (tests/server/web/test_stations_page.py compares).
_PROOF = "kakanai-enrol-1"


@dataclass(frozen=True)
class Registered:
    """The server knows the new key, which now lies at `key_file`."""

    name: str
    kind: str
    desk: str | None
    fingerprint: str
    replaced: bool
    key_file: Path


@dataclass(frozen=True)
class NotRegistered:
    """Why not, in the server's words or the station's own. `away`: nobody refused, nobody was heard."""

    words: Words
    code: str
    away: bool = False


class BadAddress(ValueError):
    """A name or an address that no station could have; the text says which and what would do."""


def enrol(
    server: str, name: str, code: str, key_file: Path, ca_file: Path | None
) -> Registered | NotRegistered:
    """Show `code` to `server`, register a new key for `name`, and put it at `key_file`.

    Raises BadAddress, and OSError when the key cannot be written. A key that the server may have taken
    without our hearing of it waits beside `key_file`: call again with the same code, and it is that one.
    """
    context = _checked(server, name, ca_file)
    waiting = key_file.with_name(key_file.name + ".new")
    key = _load(waiting) or create_key(waiting)
    public = public_pem(key)
    proof = base64.b64encode(key.sign(proof_text(name, code, public))).decode("ascii")
    asked = {"name": name, "code": code, "public_key": public, "proof": proof}
    try:
        status, found = _post(server.rstrip("/") + PATH, asked, context)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        problem = type(error).__name__
        return NotRegistered(enrolment("server_away", problem=problem), "server_away", away=True)
    if status != 201 or not found.keys() >= _ANSWERED:
        # Refused for good: the key was never anybody's. After anything else it may be taken: it waits.
        if found.get("code") in ("enrol_wrong", "enrol_expired", "enrol_spent", "enrol_bad_key"):
            waiting.unlink()
        return NotRegistered(_words_of(found, status), str(found.get("code") or status))
    os.replace(waiting, key_file)
    desk = found.get("desk")
    return Registered(
        name=name,
        kind=str(found["kind"]),
        desk=None if desk is None else str(desk),
        fingerprint=str(found["fingerprint"]),
        replaced=bool(found["replaced"]),
        key_file=key_file,
    )


def proof_text(name: str, code: str, public_key: str) -> bytes:
    """What the new key signs, so that nobody registers another's key: four lines, the code hashed."""
    digest = hashlib.sha256(re.sub(r"[\s\-‐－ー]", "", code).upper().encode()).hexdigest()
    return "\n".join([_PROOF, name, digest, public_key.strip()]).encode()


def first_settings(found: Registered, server: str, ca_file: Path | None) -> str:
    """Settings to begin with, as TOML: everything but the devices of this PC."""
    lines = [
        f"name = {_toml(found.name)}",
        f"kind = {_toml(found.kind)}",
        *([f"desk = {_toml(found.desk)}"] if found.desk else []),
        f"port = {_PORTS.get(found.kind, 8101)}",
        f"server_url = {_toml(server.rstrip('/'))}",
        f"key_file = {_toml(str(found.key_file.absolute()))}",
        f"state_dir = {_toml(found.name)}",
        "",
        "# 読み取り機とプリンターは docs/stations.md の表を見て、この端末のものにします。",
        "# Set the reader and the printers of this PC; docs/stations.md has the table.",
        "[reader]",
        'backend = "none"',
    ]
    if ca_file is not None:
        lines += ["", "[tls]", f"ca_file = {_toml(str(ca_file.absolute()))}"]
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """A string of TOML: as in JSON, but there a character beyond U+FFFF is no pair of escapes."""
    return json.dumps(text, ensure_ascii=False)


def _checked(server: str, name: str, ca_file: Path | None) -> ssl.SSLContext | None:
    if not _NAME.fullmatch(name):
        raise BadAddress("--name: small letters, digits, - and _, up to 32 characters / 英小文字・数字・-・_")
    if wrong_address(server):
        raise BadAddress("--server: scheme, host and port only, such as https://kakanai.example:8443")
    url = urlsplit(server)
    if url.scheme == "https":
        if ca_file is None:
            raise BadAddress(
                "--ca: name the authority that signed the server's certificate / 認証局のファイル"
            )
        return ssl.create_default_context(cafile=str(ca_file))
    # The code is as good as the key while it lasts.
    if url.hostname not in LOOPBACK:
        raise BadAddress("--server: http is for this machine alone; use https / ほかの機械へは https")
    return None


def _post(url: str, asked: dict[str, str], context: ssl.SSLContext | None) -> tuple[int, dict[str, Any]]:
    headers = [("content-type", "application/json"), ("accept", "application/json")]
    timeout = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), _LIMIT_S)}
    with httpcore.ConnectionPool(ssl_context=context) as pool:
        answer = pool.request(
            "POST", url, headers=headers, content=json.dumps(asked).encode(), extensions=timeout
        )
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    return answer.status, found if isinstance(found, dict) else {}


def _words_of(found: dict[str, Any], status: int) -> Words:
    title, action = found.get("title"), found.get("action")
    if isinstance(title, dict) and isinstance(action, dict):
        return Words(ja=f"{title.get('ja')}。{action.get('ja')}", en=f"{title.get('en')}. {action.get('en')}")
    return enrolment("refused", problem=str(status))


def _load(file: Path) -> Ed25519PrivateKey | None:
    try:
        return load_key(file)
    except FileNotFoundError:
        return None
    except ValueError:
        file.unlink()
        return None
