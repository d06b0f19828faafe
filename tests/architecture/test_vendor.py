"""Files from other projects are exactly what their authors published, and nothing else lies beside them."""

import hashlib
import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LEDGER = "server/web/static/vendor/VENDOR.yaml"
FOLDERS = ("server/web/static/vendor", "tests/browser/vendor")
LICENCES_THAT_MAY_SHIP = {"0BSD", "MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC"}


def findings(root: Path) -> list[str]:
    """Every difference between the ledger and the vendored files under `root`, in words."""
    packages = yaml.safe_load((root / LEDGER).read_text(encoding="utf-8"))["packages"]
    found: list[str] = []
    listed: set[str] = {LEDGER}
    for package in packages:
        paths = [entry["path"] for entry in package["files"]]
        listed.update(paths)
        if not any(Path(path).name.startswith("LICENSE") for path in paths):
            found.append(f"{package['name']}: no licence file")
        if not str(package["source"]).endswith(f"{package['name']}@{package['version']}"):
            found.append(f"{package['name']}: source and version disagree")
        if package["shipped"] and package["licence"] not in LICENCES_THAT_MAY_SHIP:
            found.append(f"{package['name']}: licence {package['licence']} may not ship")
        for entry in package["files"]:
            served = entry["path"].startswith("server/web/static/")
            if served != package["shipped"]:
                found.append(f"{entry['path']}: lies on the wrong side of what is served")
            file = root / entry["path"]
            if not file.is_file():
                found.append(f"{entry['path']}: missing")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
                found.append(f"{entry['path']}: changed since it was taken")
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and file.relative_to(root).as_posix() not in listed:
                found.append(f"{file.relative_to(root).as_posix()}: not in the ledger")
    return found


def test_vendored_files_are_unmodified() -> None:
    assert findings(ROOT) == []


def test_one_changed_byte_or_stray_file_is_found(tmp_path: Path) -> None:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    target = tmp_path / "server/web/static/vendor/htmx/htmx.min.js"
    target.write_bytes(target.read_bytes() + b"\n")
    (tmp_path / "tests/browser/vendor/stray.js").write_text("", encoding="utf-8")
    assert findings(tmp_path) == [
        "server/web/static/vendor/htmx/htmx.min.js: changed since it was taken",
        "tests/browser/vendor/stray.js: not in the ledger",
    ]
