"""The words and the markup of all screens: nothing missing, nothing inline, nothing marked safe."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import nodes

from server.web.templating import environment
from server.web.words import LOCALE, Words

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path for room in ("server", "kiosk", "counter") for path in (ROOT / room).rglob("templates/**/*.html")
)
SCRIPTS = sorted((ROOT / "server/web/static/js").glob("*.js"))
PLACE = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
# The last part may be a word of the register itself, such as 世帯主 or 妻（未届）.
KEY = re.compile(r"[a-z]\w*(\.[a-z][\w-]*)*(\.[\w（）-]+)")
WORDS = Words()


def _names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _places(sentence: str) -> set[str]:
    return {left or right for left, right in PLACE.findall(sentence)}


def test_every_language_has_the_same_keys_with_the_same_places() -> None:
    first, *others = WORDS.languages
    found = []
    for other in others:
        left, right = WORDS.catalogues[first], WORDS.catalogues[other]
        found += sorted(f"{key}: only in one of {first}, {other}" for key in left.keys() ^ right.keys())
        found += [
            f"{key}: other places"
            for key in left.keys() & right.keys()
            if _places(left[key]) != _places(right[key])
        ]
    assert found == []


def test_every_key_is_a_key_and_says_something() -> None:
    found = []
    for path in sorted(LOCALE.rglob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                ids = {message.id} if isinstance(message.id, str) else set(message.id)
                says = [message.string] if isinstance(message.string, str) else message.string or [""]
                if message.id and not (len(ids) == 1 and KEY.fullmatch(ids.pop()) and all(says)):
                    found.append(f"{_names(path)}: {message.id}")
    assert found == []


def test_one_thing_is_said_otherwise_than_several() -> None:
    said = [WORDS.say("en", "counter.question.left", n=n) for n in (1, 2)]
    assert said == ["about 1 question left", "about 2 questions left"]
    assert WORDS.say("en", "counter.paper.made", at="9:00", pages=1) == "Made at 9:00 (1 page)"
    assert WORDS.say("ja", "counter.question.left", n=1) == "残り約1問"
    assert WORDS.say("en", "counter.deadline.left", n="#") == "# days left"


def _keys(template: Path) -> set[str]:
    """Keys that stand in the template as they are: first argument of _(), second of tr()."""
    keys: set[str] = set()
    tree = environment().parse(template.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name not in ("_", "tr"):
            continue
        argument = call.args[0 if call.node.name == "_" else 1]
        if isinstance(argument, nodes.Const):
            keys.add(str(argument.value))
    return keys


@pytest.mark.parametrize("path", TEMPLATES, ids=_names)
def test_a_template_says_only_known_words_and_runs_under_the_strict_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert sorted(key for key in _keys(path) if not WORDS.has(key)) == []
    assert re.findall(r"\|\s*safe\b|autoescape false|\bMarkup\b", text) == []
    assert re.findall(r"""\s(?:style|on[a-z]+)\s*=\s*["']|hx-on|<style|<script(?![^>]*\ssrc=)""", text) == []
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", text) == []
    assert text.startswith("{#"), "begins with a comment that says what it shows and from which context"


@pytest.mark.parametrize("path", SCRIPTS, ids=_names)
def test_a_script_says_what_it_is_for_and_writes_no_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/**")
    assert (
        re.findall(
            r"\b(?:inner|outer)HTML\s*[+]?=(?!=)|insertAdjacentHTML|document\.write|\beval\(|new Function",
            text,
        )
        == []
    )
    assert re.findall(r"console\.\w+|localStorage|https?://", text) == []
    # forms.js acts when it is loaded; a second copy of it would refuse every form as already sent.
    assert 'from "./forms.js"' not in text


def test_drawings_that_templates_ask_for_exist() -> None:
    shapes = environment().get_template("icons.html").module.shapes  # type: ignore[attr-defined]
    asked = set()
    for path in TEMPLATES:
        asked |= set(
            re.findall(r"""\bicon\("([a-z-]+)"|icon_name="([a-z-]+)\"""", path.read_text(encoding="utf-8"))
        )
    wanted = {left or right for left, right in asked}
    assert len(wanted) > 10
    assert sorted(wanted - set(shapes)) == []
