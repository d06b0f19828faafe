"""The documents say what there is: every list in them is compared with the real one."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from scripts import write_docs
from server.settings import Settings
from station.config import StationConfig
from tests.architecture.tree import MADE, ROOT, sources, texts

DOCS = ROOT / "docs"
READMES = ("README.md", "README.ja.md")
# Told to programs other than the server: by the supervisor's, the set-up's and the tests' own code.
OTHER_VARIABLES = {"KAKANAI_APT"}


def read(*parts: str) -> str:
    """One document."""
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def documents() -> dict[str, str]:
    """Every Markdown page, by path."""
    return {path: text for path, text in texts() if path.endswith(".md") and "/vendor/" not in path}


def shape(text: str) -> dict[str, list[str]]:
    """What two translations of a page must share: levels of headings, commands, pictures, links (in their
    order)."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return {
        "headings": re.findall(r"^(#+) ", prose, re.MULTILINE),
        "commands": [line.split("#")[0].strip() for block in blocks for line in block.splitlines()],
        "pictures": re.findall(r"!\[[^]]*]\(([^)]+)\)", prose),
        "links": [
            link for link in re.findall(r"(?<!!)\[[^]]*]\(([^)]+)\)", prose) if not link.startswith("README")
        ],
    }


def dead_links(path: str, text: str) -> list[str]:
    """Links to files of the project that are not there. Pictures of the screens are made by `make
    pictures`."""
    found = []
    for link in re.findall(r"(?<!!)\[[^]]*]\(([^)#]+)[^)]*\)", text):
        if (
            not link.startswith(("http:", "https:", "mailto:"))
            and not (ROOT / path).parent.joinpath(link).exists()
        ):
            found.append(f"{path}: {link}")
    return found


def undocumented(names: set[str], text: str) -> set[str]:
    """Names that a page does not mention in code type."""
    return {
        name
        for name in names
        if not re.search(rf"`[^`\n]*(?<![A-Za-z_]){re.escape(name)}(?![A-Za-z_])", text)
    }


def station_settings(model: type[BaseModel] = StationConfig) -> set[str]:
    """Every setting of a station, sections included."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= station_settings(part)
    return found


def test_every_server_setting_is_documented() -> None:
    """A setting that nobody can find is set by reading the code, or not at all."""
    names = {f"KAKANAI_{name.upper()}" for name in Settings.model_fields}
    assert undocumented(names, read("docs", "operations.md")) == set()


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    """A setting that was renamed keeps being set, and silently does nothing."""
    known = {f"KAKANAI_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    named = {
        (path, name)
        for path, text in {**documents(), "docker-compose.yml": read("docker-compose.yml")}.items()
        for name in re.findall(r"KAKANAI_[A-Z_]+[A-Z]", text)
    }
    assert {(path, name) for path, name in named if name not in known} == set()


def test_the_code_reads_no_setting_that_is_not_known() -> None:
    """Environment variables read past server/settings.py would be checked by nobody."""
    known = {f"KAKANAI_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    read_somewhere = {
        (source.path, name)
        for source in sources("server", "kiosk", "counter", "station", "scripts")
        for name in re.findall(r"KAKANAI_[A-Z_]+[A-Z]", source.text)
    }
    assert {(path, name) for path, name in read_somewhere if name not in known} == set()


def test_every_station_setting_is_documented() -> None:
    """A station is set up by somebody who has only its page."""
    assert undocumented(station_settings(), read("docs", "stations.md")) == set()


@pytest.mark.parametrize("name", sorted(write_docs.LISTS))
def test_generated_lists_stand_somewhere(name: str) -> None:
    """Packages, commands and events each have their page."""
    assert any(f"<!-- generated: {name} -->" in text for text in documents().values())


def test_generated_lists_are_up_to_date() -> None:
    """`make docs` was run after the last change of a package, a command or an event."""
    stale = [path for path, text in documents().items() if write_docs.rewritten(text) != text]
    assert stale == [], "run make docs"


def test_every_top_level_folder_is_in_the_overview() -> None:
    """The folders are the first thing that a reader of the project sees."""
    folders = {
        f"{path.name}/"
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name not in MADE
        if not path.name.endswith(".egg-info")
    }
    assert undocumented(folders, read("docs", "overview.md")) == set()


def test_every_make_command_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE)
    assert targets
    assert undocumented({f"make {target}" for target in targets}, read("docs", "operations.md")) == set()


def test_every_make_command_that_is_named_exists() -> None:
    """A page that names a command which is gone costs the reader's trust in the rest."""
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = {
        (path, command)
        for path, text in documents().items()
        for command in re.findall(r"(?:`|^|\$ )make ([a-z][a-z-]*)", text, re.MULTILINE)
    }
    assert {(path, command) for path, command in named if command not in targets} == set()


def test_every_kakanai_command_that_is_named_exists() -> None:
    from server.cli import parser

    real = {leaf.prog.removeprefix("kakanai ") for leaf, _ in write_docs.leaves(parser())}
    words = {tuple(name.split()) for name in real}
    groups = {name[:1] for name in words}
    missing = []
    for path, text in documents().items():
        for typed in re.findall(r"`(?:\.venv/bin/)?kakanai ([a-z][^`\n]*)`", text):
            first = tuple(typed.split()[:1])
            two = tuple(typed.split()[:2])
            if first not in groups or (first not in words and len(two) == 2 and two not in words):
                missing.append(f"{path}: kakanai {typed}")
    assert missing == []


def test_both_readmes_say_the_same() -> None:
    """Same headings, commands, pictures and links, in the same order."""
    english, japanese = (shape(read(name)) for name in READMES)
    assert english == japanese
    assert english["commands"]


def test_readme_pictures_are_the_ones_that_are_made() -> None:
    assert set(shape(read("README.md"))["pictures"]) == {
        f"docs/pictures/{name}.png" for name in ("kiosk", "counter", "form")
    }


def test_links_lead_somewhere() -> None:
    assert [finding for path, text in documents().items() for finding in dead_links(path, text)] == []


def test_every_decision_is_in_the_list() -> None:
    pages = {path.name for path in (DOCS / "decisions").glob("0*.md")}
    listed = re.findall(r"\((0\d{3}-[a-z-]+\.md)\)", read("docs", "decisions", "README.md"))
    assert sorted(pages) == listed


def test_decisions_that_the_code_points_at_exist() -> None:
    """`docs/decisions/0002` in a comment is the only way from a line to its reason."""
    numbers = {path.name[:4] for path in (DOCS / "decisions").glob("0*.md")}
    for path, text in texts():
        for number in re.findall(r"docs/decisions/(\d{4})", text):
            assert number in numbers, f"{path}: {number}"


def test_the_checks_find_what_they_are_for() -> None:
    assert undocumented({"KAKANAI_PORT"}, "the port is KAKANAI_PORTAL: `KAKANAI_PORTS`") == {"KAKANAI_PORT"}
    assert undocumented({"KAKANAI_PORT"}, "| `KAKANAI_PORT` | 8000 |") == set()
    assert dead_links("README.md", "[x](docs/never-written.md)") == ["README.md: docs/never-written.md"]
    assert dead_links("docs/overview.md", "[x](glossary.md#word), [y](https://example.org/z)") == []
    ja = "# 題\n```\nmake run\n```\n![絵](a.png)\n"
    assert shape("# Title\n```\nmake run  # go\n```\n![Pic](a.png)\n") == shape(ja)
    assert shape("# Title\n```\nmake test\n```\n![Pic](a.png)\n") != shape(ja)
    assert shape("# Title\n## More\n```\nmake run\n```\n![Pic](a.png)\n") != shape(ja)
    assert write_docs.rewritten("<!-- generated: debian-packages -->\nold\n<!-- end -->") != ""
    assert "`chromium-headless-shell`" in write_docs.rewritten(
        "<!-- generated: debian-packages -->\nold\n<!-- end -->"
    )
    assert {"name", "server_url", "backend", "ca_file"} <= station_settings()
    assert Path(DOCS / "decisions" / "README.md").exists()
