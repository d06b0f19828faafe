"""`kakanai station enrol`: a key is made here, proved, and put in place only when the server has taken it."""

import argparse
import base64
import hashlib
import io
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from station import commands
from station.config import load_config
from station.signing import create_key, load_key, public_pem
from tests.station.conftest import Live, free_port

CODE = "K7QF-93MD-XW2R"


class Registry:
    """The server's side, written from the wire contract alone."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Response | None = None

    async def register(self, request: Request) -> Response:
        found = json.loads(await request.body())
        self.asked.append(found)
        key = load_pem_public_key(found["public_key"].encode())
        assert isinstance(key, Ed25519PublicKey)
        digest = hashlib.sha256(CODE.replace("-", "").encode()).hexdigest()
        text = "\n".join(["kakanai-enrol-1", found["name"], digest, found["public_key"].strip()])
        key.verify(base64.b64decode(found["proof"]), text.encode())
        said = {"name": found["name"], "kind": "counter", "desk": "3", "fingerprint": "ab", "replaced": True}
        return self.answer or JSONResponse(said, 201)


@pytest.fixture(scope="module")
def live() -> Iterator[tuple[Registry, str]]:
    """One registry for the module, and its address."""
    registry = Registry()
    app = Starlette(routes=[Route("/api/v1/station-keys", registry.register, methods=["POST"])])
    server = Live(
        lambda: uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="critical", lifespan="off")),
        free_port(),
    )
    server.start()
    yield registry, f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def registry(live: tuple[Registry, str]) -> Registry:
    live[0].asked.clear()
    live[0].answer = None
    return live[0]


def enrol(monkeypatch: pytest.MonkeyPatch, *typed: str, code: str = CODE) -> int:
    """The command's exit code, with `code` typed when asked."""
    parser = argparse.ArgumentParser()
    commands.add(parser.add_subparsers())
    monkeypatch.setattr("sys.stdin", io.StringIO(code + "\n"))
    args = parser.parse_args(["station", "enrol", *typed])
    result: int = args.run(args)
    return result


def test_a_key_is_made_here_and_only_its_public_half_leaves(
    live: tuple[Registry, str],
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A folder whose name JSON would write as two escapes, which TOML does not take.
    (tmp_path / "𠮷野").mkdir()
    key, settings = tmp_path / "𠮷野" / "a.key", tmp_path / "a.toml"
    typed = ("--server", live[1], "--name", "counter-3", "--key", str(key), "--config", str(settings))
    assert enrol(monkeypatch, *typed, code="k7qf 93md-xw2r") == 0
    assert key.stat().st_mode & 0o777 == 0o600
    assert registry.asked[0]["public_key"] == public_pem(load_key(key))
    assert "PRIVATE" not in json.dumps(registry.asked)
    assert "ab" in capsys.readouterr().out
    config = load_config(settings)
    assert (config.name, config.desk, config.port, config.key_file) == ("counter-3", "3", 8111, key)
    # Run again for a new key: settings that somebody has edited stay as they are.
    settings.write_text(settings.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    before = public_pem(load_key(key))
    assert enrol(monkeypatch, *typed) == 0
    assert public_pem(load_key(key)) != before
    assert "# mine" in settings.read_text(encoding="utf-8")
    assert tomllib.loads(settings.read_text(encoding="utf-8"))["kind"] == "counter"


def test_a_refusal_is_the_servers_sentence_and_the_old_key_stays(
    live: tuple[Registry, str],
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = tmp_path / "a.key"
    old = public_pem(create_key(key))
    words = {"ja": "使えません", "en": "no"}
    said = {"code": "enrol_wrong", "title": words, "action": words}
    registry.answer = JSONResponse(said, 403)
    assert enrol(monkeypatch, "--server", live[1], "--name", "a", "--key", str(key)) == 1
    assert "使えません" in capsys.readouterr().out
    assert public_pem(load_key(key)) == old
    assert [file.name for file in tmp_path.iterdir()] == ["a.key"]


def test_a_success_that_says_nothing_changes_no_key(
    live: tuple[Registry, str], registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a proxy in between: the new key waits for the next attempt, the old one works on."""
    key = tmp_path / "a.key"
    old = public_pem(create_key(key))
    registry.answer = JSONResponse({"welcome": True}, 201)
    assert enrol(monkeypatch, "--server", live[1], "--name", "a", "--key", str(key)) == 1
    assert public_pem(load_key(key)) == old
    assert (tmp_path / "a.key.new").exists()


def test_an_answer_that_was_lost_is_asked_for_with_the_same_key(
    live: tuple[Registry, str],
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = tmp_path / "a.key"
    typed = ("--name", "a", "--key", str(key), "--json")
    nobody = f"http://127.0.0.1:{free_port()}"
    assert enrol(monkeypatch, "--server", nobody, *typed) == 3
    assert json.loads(capsys.readouterr().out)["code"] == "server_away"
    assert not key.exists()
    waiting = public_pem(load_key(tmp_path / "a.key.new"))
    assert enrol(monkeypatch, "--server", live[1], *typed) == 0
    assert registry.asked[0]["public_key"] == waiting == public_pem(load_key(key))


@pytest.mark.parametrize(
    ("server", "name", "says"),
    [
        ("http://kakanai.example:8000", "a", "https"),
        ("https://kakanai.example", "a", "--ca"),
        ("ftp://127.0.0.1", "a", "--server"),
        ("http://127.0.0.1:8000/path", "a", "--server"),
        ("http://127.0.0.1:8000", "A B", "--name"),
    ],
)
def test_a_code_is_shown_to_nobody_who_could_be_overheard(
    server: str,
    name: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert enrol(monkeypatch, "--server", server, "--name", name) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
