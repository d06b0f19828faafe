"""Write requirements/*.lock anew from pyproject.toml: `python3 scripts/lock.py [--upgrade]` (`make lock`).

The locks hold for every platform (markers instead of one machine's choice), name every file by its
SHA-256 and no package index. Without --upgrade the present versions stay where pyproject.toml allows
them. base ⊂ pcsc ⊂ dev in the same versions: each is written with the next larger one as its constraint.
Needs uv; exit code 3 without it.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
COMPILE = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
PLAIN = ["--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"]


def write(name: str, source: list[str], *, upgrade: bool, stdin: str | None = None) -> None:
    """Write one lock file, strictly: a conflict is an error, not a guess."""
    target = REQUIREMENTS / f"{name}.lock"
    options = ["--upgrade"] if upgrade else []
    command = [*COMPILE, *PLAIN, *options, *source, "--output-file", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, text=True, input=stdin)


def main(arguments: list[str]) -> int:
    """Write the four files, the largest first."""
    if shutil.which("uv") is None:
        print("make lock needs uv.", file=sys.stderr)
        return 3
    upgrade = "--upgrade" in arguments
    # dev contains pyscard as well: the tests read cards through the real PC/SC service.
    write("dev", ["pyproject.toml", "--extra", "dev"], upgrade=upgrade)
    write("pcsc", ["pyproject.toml", "--extra", "pcsc", "-c", "requirements/dev.lock"], upgrade=upgrade)
    write("base", ["pyproject.toml", "-c", "requirements/pcsc.lock"], upgrade=upgrade)
    build_system = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    write("build", ["-"], upgrade=upgrade, stdin="\n".join(build_system["requires"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
