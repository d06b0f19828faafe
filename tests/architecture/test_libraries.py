"""What Kakanai stands on: locked, each lock a part of the next, and under licences that fit Apache-2.0."""

import re
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

LOCKS = ("base", "pcsc", "dev")
FITTING = ("MIT", "BSD", "APACHE", "ISC", "PSF", "PYTHON SOFTWARE FOUNDATION", "MIT-CMU", "HPND", "ZLIB")
# Others that may be used, each with its reason.
LET_THROUGH = {
    "psycopg": "LGPL-3.0, unmodified and replaceable: docs/decisions/0009-libraries.md",
    "psycopg-binary": "LGPL-3.0, unmodified and replaceable: docs/decisions/0009-libraries.md",
    "pyscard": "LGPL-2.1+, an extra: docs/decisions/0009-libraries.md",
    "certifi": "MPL-2.0, a list of certificates, used unmodified",
    "hypothesis": "MPL-2.0, tests only",
    "pathspec": "MPL-2.0, checks only",
    "pytest-rerunfailures": "MPL-2.0, tests only",
}


def locked(text: str) -> dict[str, tuple[str, int]]:
    """Library -> (version, number of hashes) of a lock file."""
    found = {}
    for block in re.split(r"\n(?=\S)", text.strip()):
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
        if match:
            found[match[1].lower().replace("_", "-")] = (match[2], block.count("--hash=sha256:"))
    return found


def read(name: str) -> dict[str, tuple[str, int]]:
    """The lock file of this name."""
    return locked((ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8"))


def unfitting(name: str, licences: str) -> str:
    """A finding when none of the fitting licences is named, or a strong copyleft one is."""
    upper = licences.upper()
    if re.search(r"\bA?GPL", upper) and "LGPL" not in upper:
        return f"{name}: {licences}"
    return "" if any(re.search(rf"\b{fitting}\b", upper) for fitting in FITTING) else f"{name}: {licences}"


def licences_of(distribution: Distribution) -> str:
    """Everything the package says about its licence, shortened to its head (some carry the whole text)."""
    metadata = distribution.metadata
    classifiers = [c for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    expressions = metadata.get_all("License-Expression") or []
    texts = [text[:60] for text in metadata.get_all("License") or []]
    return " | ".join([*expressions, *texts, *classifiers])


def test_each_lock_is_a_part_of_the_next_in_the_same_versions() -> None:
    """`make test` after `make run` must not change what the demo runs on; scripts/setup.py counts on it."""
    smaller: dict[str, tuple[str, int]] = {}
    for name in LOCKS:
        larger = read(name)
        assert smaller.items() <= larger.items(), f"{name}.lock differs from the one before it: run make lock"
        smaller = larger


def test_everything_is_locked_by_hash() -> None:
    """Without a hash, a package index decides what runs at the counter."""
    for name in (*LOCKS, "build"):
        libraries = read(name)
        assert libraries
        assert [library for library, (_, hashes) in libraries.items() if not hashes] == []


def test_what_the_project_asks_for_is_locked() -> None:
    """A library added to pyproject.toml and not to the locks works on one machine only."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {"base": project["dependencies"], **project["optional-dependencies"]}
    for name, requirements in asked.items():
        names = {re.match(r"[A-Za-z0-9._-]+", r)[0].lower() for r in requirements}  # type: ignore[index]
        assert names <= set(read(name)), name


def test_every_library_has_a_licence_that_fits() -> None:
    """Kakanai is given to municipalities and changed by vendors under Apache-2.0; a library under another
    kind of licence changes what they may do."""
    wanted = set(read("dev"))
    installed = {d.metadata["Name"].lower().replace("_", "-"): d for d in distributions()}
    assert wanted & set(installed), "nothing of the lock is installed here"
    found = [
        unfitting(name, licences_of(installed[name]))
        for name in sorted(wanted & set(installed))
        if name not in LET_THROUGH
    ]
    assert [finding for finding in found if finding] == []
    assert set(LET_THROUGH) <= wanted, "an exception for a library that is not used"


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0", "LGPL-3.0-only", "Proprietary", ""])
def test_the_licence_check_finds_what_it_is_for(licence: str) -> None:
    assert unfitting("x", licence)


@pytest.mark.parametrize("licence", ["MIT", "BSD-3-Clause", "Apache-2.0 OR BSD-2-Clause", "PSF-2.0"])
def test_the_licence_check_lets_the_fitting_through(licence: str) -> None:
    assert not unfitting("x", licence)


def test_the_lock_reader_counts_hashes() -> None:
    text = "a==1.0 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\nb-c==2 ; python_version < '4'\n"
    assert locked(text) == {"a": ("1.0", 2), "b-c": ("2", 0)}


def test_the_list_of_debian_packages_is_complete() -> None:
    """Whoever is asked to install a package is told what for, and what does not work without it."""
    rows = tomllib.loads((ROOT / "scripts" / "debian-packages.toml").read_text(encoding="utf-8"))["package"]
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row["needed_by"]) <= {"run", "test"}
        assert row["needed_by"]
        assert all(row[f"{kind}_{lang}"] for kind in ("for", "without") for lang in ("ja", "en")), row["name"]
    assert Path(ROOT / "Dockerfile").read_text(encoding="utf-8").count("scripts/setup.py run") == 1
