"""Make this checkout ready to run or to be tested: `python3 scripts/setup.py run|test`.

What it does, in this order:

1. Debian packages from scripts/debian-packages.toml: those missing are installed with apt-get when we are
   root or sudo asks no password, otherwise named with what each is for. `run` goes on without optional
   ones, `test` wants all of its own. KAKANAI_APT=no leaves apt-get alone.
2. The Python environment .venv with exactly the locked libraries (requirements/*.lock, each file checked
   by hash).
3. The project itself, as an editable install.

A stamp in .venv remembers what was installed from which files, so that the second run takes a moment.
Only the standard library is used, because nothing else is there yet. Exit codes: 0 ready, 2 usage, 3
something is missing.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may be asked to run
    sys.exit(f"Kakanai needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PACKAGE_LIST = ROOT / "scripts" / "debian-packages.toml"
REQUIREMENTS = ROOT / "requirements"
PURPOSES = ("run", "test")
APT_LOG = ROOT / "build" / "apt.log"
BUILT_HERE = {"pyscard"}
OK, USAGE, MISSING = 0, 2, 3


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)


@dataclass(frozen=True)
class Package:
    """One row of debian-packages.toml; the file's head explains the fields."""

    name: str
    needed_by: tuple[str, ...]
    optional: bool
    for_ja: str
    for_en: str
    without_ja: str
    without_en: str
    group: str = ""
    present_if: str = ""


def read_packages(path: Path = PACKAGE_LIST) -> list[Package]:
    """Every package of the list, in its order."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["package"]
    return [Package(**{**row, "needed_by": tuple(row["needed_by"])}) for row in rows]


def installed_by_dpkg(names: list[str]) -> set[str]:
    """Which of `names` dpkg has fully installed; none where there is no dpkg."""
    if not names or shutil.which("dpkg-query") is None:
        return set()
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${binary:Package} ${db:Status-Status}\n", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    return {row[0].split(":")[0] for row in rows if len(row) == 2 and row[1] == "installed"}


def present_otherwise(package: Package) -> bool:
    """Is what the package gives here from elsewhere (a Python built by hand brings its own headers)?"""
    kind, _, argument = package.present_if.partition(":")
    if kind == "command":
        return shutil.which(argument) is not None
    if kind == "python-headers":
        return (Path(sysconfig.get_path("include")) / "Python.h").exists()
    if kind == "ensurepip":
        return importlib.util.find_spec("ensurepip") is not None
    return False


def missing_packages(packages: list[Package], purpose: str) -> list[Package]:
    """Those that `purpose` needs and this machine lacks."""
    wanted = [p for p in packages if purpose in p.needed_by and not present_otherwise(p)]
    there = installed_by_dpkg([p.name for p in wanted])
    return [p for p in wanted if p.name not in there]


def can_sudo() -> bool:
    """Does sudo work here without a password?"""
    return (
        shutil.which("sudo") is not None
        and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0
    )


def apt_command() -> list[str] | None:
    """How to call apt-get without asking anybody anything, or None."""
    if os.environ.get("KAKANAI_APT", "").lower() == "no" or shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if can_sudo():
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return None


def apt_install(apt: list[str], names: list[str]) -> None:
    """Install what can be installed; what could not is found by asking dpkg again afterwards."""
    say(f"Debian パッケージを入れます（数分かかることがあります）: {' '.join(names)}")
    say("Installing Debian packages (this can take some minutes)")
    with APT_LOG.open("w", encoding="utf-8") as log:

        def run(*arguments: str) -> bool:
            return subprocess.run([*apt, *arguments], check=False, stdout=log, stderr=log).returncode == 0

        install = ("install", "-y", "-q", "--no-install-recommends")
        # One unknown name makes apt-get refuse them all: take the others at least.
        if run("update", "-q") and not run(*install, *names):
            for name in names:
                run(*install, name)


def report_missing(missing: list[Package]) -> None:
    """Name what is missing, what it is for and what does not work without it, in both languages."""
    say("足りない Debian パッケージがあります / Debian packages that are missing here:")
    for package in missing:
        say(f"  {package.name}: {package.for_ja} / {package.for_en}")
        say(f"    なければ{package.without_ja} / without it: {package.without_en}")
    say(f"  apt-get install --no-install-recommends {' '.join(p.name for p in missing)}")
    if APT_LOG.exists():
        say(f"  apt-get の説明 / what apt-get said: {APT_LOG.relative_to(ROOT)}")


@dataclass
class Stamp:
    """What .venv holds: kept in .venv/kakanai-setup.json, read at the start of every run."""

    root: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    apt_tried: list[str] = field(default_factory=list)

    @classmethod
    def path(cls) -> Path:
        """Where it is kept."""
        return VENV / "kakanai-setup.json"

    @classmethod
    def read(cls) -> "Stamp":
        """The stamp of the present .venv; an empty one when there is none to trust."""
        try:
            stamp = cls(**json.loads(cls.path().read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls()
        # A virtual environment carries absolute paths: one that was copied or moved is of no use.
        return stamp if stamp.root == str(ROOT) and (VENV / "bin" / "python").exists() else cls()

    def write(self) -> None:
        """Keep it; replaced in one step, so that a killed run leaves the old one."""
        beside = self.path().with_suffix(".new")
        beside.write_text(json.dumps(self.__dict__, indent=1), encoding="utf-8")
        beside.replace(self.path())


def digest(*paths: Path) -> str:
    """SHA-256 over the files' names and bytes."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def wanted_lock(purpose: str, missing: list[Package]) -> str:
    """The lock file to install: dev for tests, pcsc where pyscard can be built, base otherwise."""
    if purpose == "test":
        return "dev"
    return "base" if any(p.group == "pcsc" for p in missing) else "pcsc"


def is_installed(stamp: Stamp, lock: str) -> bool:
    """Does .venv already hold this lock, or a larger one? (base ⊂ pcsc ⊂ dev: a test sees to that.)"""
    order = ["base", "pcsc", "dev"]
    return any(stamp.inputs.get(name) == lock_digest(name) for name in order[order.index(lock) :])


def lock_digest(lock: str) -> str:
    """What an installation from this lock depends on."""
    return digest(REQUIREMENTS / f"{lock}.lock", REQUIREMENTS / "build.lock", ROOT / "pyproject.toml")


def pip(*arguments: str) -> None:
    """Run the environment's own pip; its failure ends the set-up with one sentence."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, check=False)
    if done.returncode != 0:
        say("Python の部品を入れられませんでした。上の pip の説明をご覧ください。")
        say("The Python libraries could not be installed; pip says why above.")
        sys.exit(MISSING)


def part_of_lock(lock: str, *, built: bool) -> str:
    """The entries of a lock that are built here, or the others."""
    text = (REQUIREMENTS / f"{lock}.lock").read_text(encoding="utf-8")
    # An entry begins at the margin; its hashes follow, indented.
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    return "".join(entry for entry in entries if (entry.split("==")[0] in BUILT_HERE) == built)


def install(stamp: Stamp, lock: str) -> None:
    """Bring .venv to `lock` and install the project itself."""
    if not stamp.root:
        say("Python の環境 .venv を作ります / Creating the Python environment .venv")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    say(f"Python の部品を入れます / Installing Python libraries (requirements/{lock}.lock)")
    locked = ["install", "--quiet", "--progress-bar", "off", "--require-hashes", "--no-deps"]
    pip(*locked, "-r", str(REQUIREMENTS / "build.lock"))
    # Wheels only, but for pyscard, which Linux has to build: with the build tools just installed, none
    # fetched.
    for name, options in (("wheels", ["--only-binary", ":all:"]), ("built", ["--no-build-isolation"])):
        part = ROOT / "build" / f"{name}.lock"
        part.write_text(part_of_lock(lock, built=name == "built"), encoding="utf-8")
        if part.stat().st_size:
            pip(*locked, *options, "-r", str(part))
    pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    pip("check")
    stamp.root = str(ROOT)
    stamp.inputs[lock] = lock_digest(lock)
    stamp.write()


def prepare(purpose: str) -> int:
    """All three steps for one purpose; the exit code."""
    stamp = Stamp.read()
    missing = missing_packages(read_packages(), purpose)
    untried = [p.name for p in missing if p.name not in stamp.apt_tried or purpose == "test"]
    if untried and (apt := apt_command()):
        apt_install(apt, untried)
        missing = missing_packages(missing, purpose)
    tried = sorted({p.name for p in missing})
    if missing:
        report_missing(missing)
        if purpose == "test" or any(not p.optional for p in missing):
            return MISSING
    lock = wanted_lock(purpose, missing)
    if not is_installed(stamp, lock):
        install(stamp, lock)
    if stamp.apt_tried != tried:
        stamp.apt_tried = tried
        stamp.write()
    return OK


def main(arguments: list[str]) -> int:
    """`setup.py run|test`, one at a time per checkout."""
    if len(arguments) != 1 or arguments[0] not in PURPOSES:
        say("usage: python3 scripts/setup.py run|test")
        return USAGE
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return prepare(arguments[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
