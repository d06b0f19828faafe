"""`kakanai card …` as other programs use it: exit codes, one JSON object, cards held by a process."""

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from card_reader import ReaderState, commands, pcsc
from card_reader.pcsc import PcscReader
from card_reader.simulated.personas import load_personas
from card_reader.simulated.reader import InProcessReader
from tests.card_reader.conftest import SLOT
from tests.card_reader.support import PERSONAS

RUN = "import argparse, sys; from card_reader import commands; p = argparse.ArgumentParser(); \
commands.add(p.add_subparsers(required=True)); a = p.parse_args(); sys.exit(a.run(a))"


def call(*arguments: str) -> int:
    """One command in this process; the exit code."""
    parser = argparse.ArgumentParser()
    commands.add(parser.add_subparsers(required=True))
    args = parser.parse_args(arguments)
    return int(args.run(args))


@contextmanager
def process(*arguments: str, **settings: Any) -> Iterator[subprocess.Popen[str]]:
    """One command in a process of its own."""
    started = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        **settings,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> InProcessReader:
    """A simulated reader in the place of the PC/SC one."""
    simulated = InProcessReader(personas=PERSONAS)
    monkeypatch.setattr(pcsc, "PcscReader", lambda name: simulated)
    monkeypatch.setattr(pcsc, "reader_names", lambda name="": (simulated.name,))
    return simulated


def read(monkeypatch: pytest.MonkeyPatch, secret: str, *options: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{secret}\n".encode())))
    return call("card", "read", "--reader", "ACS", "--mode", "pin", "--secret-stdin", *options)


def test_a_reading_prints_one_json_object(
    reader: InProcessReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.insert("hanako")
    assert read(monkeypatch, "1234", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "outcome": "read",
        "name": "見本　花子",
        "address": "見本県見本市花見台２丁目３－４",
        "birth": "19750605",
        "sex": "2",
        "tries_left": 3,
        "apdus": 9,
        "other_kind": None,
        "detail": None,
        "mode": "pin",
        "procedure": None,
        "instead": [],
        "certificate_expires": None,
        "certificate_unknown": None,
        "authenticity": None,
    }


def test_a_reading_is_readable_without_json(
    reader: InProcessReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.insert("hanako")
    assert read(monkeypatch, "1234") == 0
    assert "氏名 / name: 見本　花子" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "pull", "secret", "options", "code", "outcome"),
    [
        (None, None, "1234", [], 10, "no_card"),
        ("juki", None, "1234", [], 11, "other_card"),
        ("hanako", None, "9999", [], 12, "wrong_secret"),
        ("blocked", None, "1234", [], 13, "blocked"),
        ("last_try", None, "1234", [], 13, "last_try_refused"),
        ("last_try", None, "1234", ["--allow-last-try"], 0, "read"),
        ("hanako", 4, "1234", [], 14, "removed"),
        ("mute", None, "1234", [], 1, "unreadable"),
        ("hanako", None, "12345", [], 2, "unreadable"),
    ],
)
def test_every_end_has_its_exit_code(
    reader: InProcessReader,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str | None,
    pull: int | None,
    secret: str,
    options: list[str],
    code: int,
    outcome: str,
) -> None:
    if key:
        reader.insert(key, pull_after_apdu=pull)
    assert read(monkeypatch, secret, "--json", *options) == code
    shown = capsys.readouterr()
    assert json.loads(shown.out)["outcome"] == outcome
    assert secret not in shown.out + shown.err


def test_a_missing_reader_is_a_missing_environment(
    reader: InProcessReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.unplug()
    assert read(monkeypatch, "1234") == 3
    assert "カードリーダー" in capsys.readouterr().out


def test_without_pyscard_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    assert read(monkeypatch, "1234") == 3
    assert "kakanai[pcsc]" in capsys.readouterr().err


def test_a_secret_is_taken_from_standard_input_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("card", "read") == 2
    assert "--secret-stdin" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        call("card", "read", "1234")


def test_without_the_service_the_command_says_so() -> None:
    elsewhere = {**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"}
    with process("card", "read", "--secret-stdin", "--json", env=elsewhere) as running:
        out, _ = running.communicate("1234\n", timeout=20)
    assert running.returncode == 3
    assert json.loads(out)["outcome"] == "no_service"


def test_personas_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("card", "personas", "--json") == 0
    assert list(json.loads(capsys.readouterr().out)["personas"]) == list(load_personas())
    assert call("card", "personas") == 0
    assert len(capsys.readouterr().out.splitlines()) == len(load_personas())


def test_an_unknown_persona_is_a_mistake_of_the_caller(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("card", "insert", "nobody", "--state-dir", str(tmp_path)) == 2
    assert "nobody" in capsys.readouterr().err


def test_removing_from_an_empty_slot_is_a_finding(tmp_path: Path) -> None:
    assert call("card", "remove", "--state-dir", str(tmp_path)) == 1


def test_a_card_laid_in_by_one_process_is_read_by_another_and_taken_out_by_a_third(
    virtual_reader: PcscReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--slot", str(SLOT), "--state-dir", str(tmp_path))
    persona = load_personas()["mihon_taro"]
    for secret, code, tries, new in (
        ("9999", 12, 2, ()),
        ("9999", 12, 1, ()),
        ("1234", 0, 3, ("--new",)),
    ):
        with process("card", "insert", "mihon_taro", *place, *new) as holder:
            assert holder.stdout is not None
            assert persona.label.ja in holder.stdout.readline()
            assert virtual_reader.wait_change(ReaderState.EMPTY, 5) is ReaderState.PRESENT
            assert call("card", "insert", "mihon_taro", *place) == 1
            with process(
                *(
                    "card",
                    "read",
                    "--reader",
                    virtual_reader.name,
                    "--mode",
                    "pin",
                    "--secret-stdin",
                    "--json",
                )
            ) as reading:
                out, _ = reading.communicate(f"{secret}\n", timeout=20)
            assert (reading.returncode, json.loads(out)["tries_left"]) == (code, tries)
            assert call("card", "remove", *place) == 0
            assert holder.wait(5) == 0
        assert virtual_reader.wait_change(ReaderState.PRESENT, 5) is ReaderState.EMPTY
    assert call("card", "remove", *place) == 1
