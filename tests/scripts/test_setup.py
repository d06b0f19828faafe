"""scripts/setup.py: what it finds missing, when it asks apt-get, what it installs from which lock.

The real installation is `make test` itself; here the machine is invented: a dpkg that knows some packages
and an apt-get that writes down what it was asked.
"""

import json
from pathlib import Path

import pytest

from scripts import setup

LOCK = """anyio==4.16.0 \\
    --hash=sha256:1111
pyscard==2.3.1 \\
    --hash=sha256:2222 \\
    --hash=sha256:3333
uvloop==0.22 ; sys_platform != 'win32' \\
    --hash=sha256:4444
"""


class Machine:
    """Programs on PATH that answer from two files: what is installed, and what there is to install."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.installed = folder / "installed"
        self.asked = folder / "asked"
        self.offered = folder / "offered"
        self.have()
        self.offers()
        self.program("dpkg-query", f'for n in "$@"; do grep -x "$n installed" {self.installed}; done; exit 1')
        self.program(
            "apt-get",
            f'echo "$@" >> {self.asked}\n[ "$1" = update ] && exit 0\nshift 4\n'
            f'for n in "$@"; do grep -qx "$n" {self.offered} || exit 100; done\n'
            f'for n in "$@"; do echo "$n installed" >> {self.installed}; done',
        )

    def program(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def have(self, *names: str) -> None:
        self.installed.write_text("".join(f"{name} installed\n" for name in names), encoding="utf-8")

    def offers(self, *names: str) -> None:
        self.offered.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")

    def was_asked(self) -> list[str]:
        return self.asked.read_text(encoding="utf-8").splitlines() if self.asked.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A Debian on which we are root and nothing is there yet."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    monkeypatch.delenv("KAKANAI_APT", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(setup, "APT_LOG", tmp_path / "apt.log")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "present_otherwise", lambda package: package.name == "python3-venv")
    monkeypatch.setattr(setup, "install", lambda stamp, lock: installed_locks.append(lock))
    installed_locks.clear()
    (tmp_path / ".venv").mkdir()
    (tmp_path / "pyproject.toml").touch()
    return made


installed_locks: list[str] = []
FOR_RUN = [p.name for p in setup.read_packages() if "run" in p.needed_by and p.name != "python3-venv"]
FOR_TEST = [p.name for p in setup.read_packages() if "test" in p.needed_by and p.name != "python3-venv"]


def test_what_is_missing_is_installed_and_the_reader_link_is_built(machine: Machine) -> None:
    machine.offers(*FOR_RUN)
    assert setup.prepare("run") == 0
    assert machine.was_asked() == ["update -q", "install -y -q --no-install-recommends " + " ".join(FOR_RUN)]
    assert installed_locks == ["pcsc"]


def test_one_package_that_is_not_offered_does_not_keep_out_the_others(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.offers(*(name for name in FOR_RUN if name != "swig"))
    assert setup.prepare("run") == 0
    said = capsys.readouterr().out
    assert "  swig: " in said
    assert "  pcscd: " not in said
    # Without swig pyscard cannot be built: everything else still runs.
    assert installed_locks == ["base"]


def test_run_goes_on_without_what_it_can_do_without(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAKANAI_APT", "no")
    assert setup.prepare("run") == 0
    assert machine.was_asked() == []
    said = capsys.readouterr().out
    assert "届出書の項目名と番号札 / labels of forms, and tickets" in said
    assert "apt-get install --no-install-recommends " + " ".join(FOR_RUN) in said
    assert installed_locks == ["base"]


def test_tests_want_every_package(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKANAI_APT", "no")
    machine.have(*(name for name in FOR_TEST if name != "chromium-headless-shell"))
    assert setup.prepare("test") == 3
    assert installed_locks == []
    machine.have(*FOR_TEST)
    assert setup.prepare("test") == 0
    assert installed_locks == ["dev"]


def test_nothing_starts_without_a_virtual_environment(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAKANAI_APT", "no")
    monkeypatch.setattr(setup, "present_otherwise", lambda package: False)
    assert setup.prepare("run") == 3


def test_apt_is_not_asked_again_for_what_it_did_not_have(machine: Machine) -> None:
    """`make run` without a network would wait for apt-get each time."""
    machine.offers(*(name for name in FOR_RUN if name != "pcscd"))
    setup.prepare("run")
    asked = len(machine.was_asked())
    stamp = json.loads((setup.VENV / "kakanai-setup.json").read_text(encoding="utf-8"))
    assert stamp["apt_tried"] == ["pcscd"]
    # As a finished installation leaves it:
    (setup.VENV / "bin").mkdir()
    (setup.VENV / "bin" / "python").touch()
    setup.Stamp(root=str(setup.ROOT), apt_tried=stamp["apt_tried"]).write()
    setup.prepare("run")
    assert len(machine.was_asked()) == asked


def test_without_root_apt_needs_a_sudo_that_asks_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    machine.program("sudo", "exit 1")
    assert setup.apt_command() is None
    machine.program("sudo", "exit 0")
    assert setup.apt_command() == ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]


def test_a_lock_is_split_into_what_is_fetched_and_what_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.lock").write_text(LOCK, encoding="utf-8")
    monkeypatch.setattr(setup, "REQUIREMENTS", tmp_path)
    fetched, built = (setup.part_of_lock("some", built=built) for built in (False, True))
    assert [line.split("==")[0] for line in fetched.splitlines() if line[0] != " "] == ["anyio", "uvloop"]
    assert built == "pyscard==2.3.1 \\\n    --hash=sha256:2222 \\\n    --hash=sha256:3333\n"
    assert len(fetched) + len(built) == len(LOCK)


def test_a_stamp_of_another_place_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual environment that was copied along with its folder still points to the old one."""
    monkeypatch.setattr(setup, "VENV", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    setup.Stamp(root="/elsewhere", inputs={"dev": "x"}).write()
    assert setup.Stamp.read() == setup.Stamp()
    setup.Stamp(root=str(setup.ROOT), inputs={"dev": "x"}).write()
    assert setup.Stamp.read().inputs == {"dev": "x"}


def test_a_larger_lock_holds_the_smaller_and_a_changed_file_counts() -> None:
    stamp = setup.Stamp(inputs={"dev": setup.lock_digest("dev")})
    assert setup.is_installed(stamp, "base")
    assert setup.is_installed(stamp, "pcsc")
    stamp = setup.Stamp(inputs={"base": setup.lock_digest("base"), "dev": "of an older lock"})
    assert not setup.is_installed(stamp, "pcsc")
