"""What is installed on a station PC calls what there is: the unit, the Windows installer, the packages."""

import codecs
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import parser
from tests.architecture.tree import ROOT

DEPLOY = ROOT / "station" / "deploy"
WINDOWS = DEPLOY / "windows" / "Install-Station.ps1"
WHEELS = WINDOWS.with_name("wheels.py")


def unit() -> dict[str, list[str]]:
    """Every setting of the unit with its values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "kakanai-station@.service").read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_calls_commands_that_exist() -> None:
    (check,), (start,) = unit()["ExecStartPre"], unit()["ExecStart"]
    program, *arguments = shlex.split(check)
    assert Path(program).name == "kakanai"
    assert parser().parse_args(arguments).config == Path("/etc/kakanai/%i.toml")
    assert shlex.split(start)[1:] == ["-m", "station", "--config", "/etc/kakanai/%i.toml"]


def test_the_unit_leaves_no_memory_on_a_disk_and_starts_again_for_ever() -> None:
    assert unit()["LimitCORE"] == ["0"]
    assert unit()["MemorySwapMax"] == ["0"]
    assert (unit()["Restart"], unit()["StartLimitIntervalSec"]) == (["always"], ["0"])


def test_the_installer_for_windows_calls_commands_that_exist() -> None:
    text = WINDOWS.read_text(encoding="utf-8")
    enrol = re.search(r"\$enrol = @\((.*)\)", text)
    assert enrol
    words = [quoted or f"a-{name.lower()}" for quoted, name in re.findall(r"'([^']*)'|\$(\w+)", enrol[1])]
    args = parser().parse_args([*words, "--ca", "x"])
    assert (args.name, args.key, args.config) == ("a-name", Path("a-key"), Path("a-config"))
    assert '-m station --config `"$config`"' in text
    assert re.findall(r"'(\w+\.lock)'", text) == ["windows.lock"]
    # What the installer takes from the network is nothing.
    assert "--no-index" in text
    assert not re.search(r"Invoke-WebRequest|https?://(?!kakanai\.example)", text)


def test_windows_powershell_reads_the_installer_as_it_is_written() -> None:
    """Without the mark it takes a script for one in the code page of the PC, in Japan 932."""
    assert WINDOWS.read_bytes().startswith(codecs.BOM_UTF8)


def test_the_installer_takes_the_python_that_the_wheels_are_for() -> None:
    version = re.search(r'"--python-version", "([0-9.]+)"', WHEELS.read_text(encoding="utf-8"))
    assert version
    assert f"'-{version[1]}'" in WINDOWS.read_text(encoding="utf-8")


def test_the_unit_allows_the_printer_s_device_by_the_kernel_s_name_for_it() -> None:
    """drivers/usb/core/file.c registers the major number of /dev/usb/lp0 as "usb"; usbmisc is the class in
    sysfs, by which udev knows it."""
    assert unit()["DeviceAllow"] == ["char-usb rw"]


def test_the_station_needs_no_module_that_windows_lacks() -> None:
    """All that a station loads before it has read its settings, and its commands."""
    lacking = ("fcntl", "resource", "pwd", "grp", "termios", "uvloop")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({lacking}))\n"
        "import station.process, station.devices, station.commands, station.enrolment, server.cli\n"
        "server.cli.parser()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


def test_the_lock_for_windows_has_everything_by_its_hash_but_what_windows_lacks() -> None:
    spec = importlib.util.spec_from_file_location("wheels", WHEELS)
    assert spec is not None
    assert spec.loader is not None
    wheels = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wheels)
    entries = re.split(r"\n(?=\S)", wheels.windows_lock().strip())
    names = {entry.split("==")[0] for entry in entries}
    assert {"pyscard", "cryptography", "uvicorn", "tzdata", "colorama", "setuptools"} <= names
    assert "uvloop" not in names
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "pcsc.lock").read_text(), re.MULTILINE)
    assert set(locked) - names == {"uvloop"}


@pytest.mark.parametrize("file", ["60-kakanai-station.rules", "50-kakanai-station.polkit.rules"])
def test_each_file_says_where_it_belongs_and_stands_in_the_docs(file: str) -> None:
    assert "/etc/" in (DEPLOY / file).read_text(encoding="utf-8").splitlines()[0]
    assert file in (ROOT / "docs" / "stations.md").read_text(encoding="utf-8")


def test_the_documents_name_every_package() -> None:
    lines = (DEPLOY / "debian-packages.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    docs = (ROOT / "docs" / "stations.md").read_text(encoding="utf-8")
    assert packages
    assert [name for name in packages if f"`{name}`" not in docs] == []
