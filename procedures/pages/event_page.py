"""One page per life event: a diagram of what it sets off, by department, and a table with the conditions."""

from __future__ import annotations

from collections.abc import Iterator

from procedures.engine.catalogue import Catalogue, Rule
from procedures.engine.guidance import GROUPS
from procedures.logic.conditions import All
from procedures.pages.catalogue_words import condition, deadline_words

_FILLS = {"today": "#ffe1dc", "here": "#dcefff", "handover": "#fff3c9", "advice": "#eeeeee"}


def page_name(event: str) -> str:
    """event_in_dom.md."""
    return f"event_{event.lower()}.md"


def event_page(event: str, catalogue: Catalogue, written: str, chapters: dict[str, str]) -> str:
    """The page as Markdown; `chapters` maps a rule's id to the page on which it is described."""
    return "\n".join(_lines(event, catalogue, written, chapters)).rstrip() + "\n"


def _lines(event: str, catalogue: Catalogue, written: str, chapters: dict[str, str]) -> Iterator[str]:
    name = catalogue.codes.events[event].name
    rules = sorted(
        (rule for rule in catalogue.rules if event in rule.events),
        key=lambda rule: (GROUPS.index(rule.face.group), rule.face.order, rule.id, rule.version),
    )
    yield f"# {name.ja} / {name.en}"
    yield ""
    yield f"{written} [All procedures](catalogue.md)"
    yield ""
    if not catalogue.ready(event):
        yield "The rules of this life event are not complete; the guidance refuses it."
        yield ""
    yield from _diagram(event, name.ja, rules, catalogue)
    yield ""
    yield "| id | 手続き | 担当 | 条件 condition | 期限 | 区分 | 確度 |"
    yield "|---|---|---|---|---|---|---|"
    for rule in rules:
        face = rule.face
        place = chapters.get(rule.id)
        link = f"[{rule.id}]({place}#{rule.id.lower()})" if place else rule.id
        since = f"（{rule.effective_from}から）" if rule.effective_from else ""
        until = f"（{rule.effective_to}まで）" if rule.effective_to else ""
        words = condition(rule.when, catalogue).ja or "いつも"
        cells = [
            link,
            f"{face.name.ja}{since}{until}",
            face.department.name.ja,
            words.replace("|", "／"),
            deadline_words(face.deadline, catalogue, (event,)),
            face.klass,
            rule.confidence,
        ]
        yield f"| {' | '.join(cells)} |"


def _diagram(event: str, name: str, rules: list[Rule], catalogue: Catalogue) -> Iterator[str]:
    """A Mermaid flowchart: the event, the departments, and in each what may come out there."""
    departments: dict[str, dict[str, Rule]] = {}
    for rule in rules:
        departments.setdefault(rule.face.department.id, {}).setdefault(rule.id, rule)
    yield "```mermaid"
    yield "flowchart LR"
    yield f'  event(["{_safe(name)}"])'
    for number, (department, listed) in enumerate(departments.items()):
        yield f'  subgraph d{number}["{_safe(catalogue.departments[department].name.ja)}"]'
        for rule in listed.values():
            always = "" if isinstance(rule.when, All) and not rule.when.of else "？"
            yield f'    {_node(rule)}["{rule.id} {_safe(rule.face.name.ja)}{always}"]:::{rule.face.group}'
        yield "  end"
        yield f"  event --> d{number}"
    for rule in {rule.id: rule for rule in rules}.values():
        for below in rule.bundles:
            if any(below in listed for listed in departments.values()):
                yield f"  {_node(rule)} -.-> {below.replace('-', '_')}"
    for group, fill in _FILLS.items():
        yield f"  classDef {group} fill:{fill},stroke:#555,color:#111"
    yield "```"
    yield ""
    words = catalogue.codes.groups
    legend = [f"{words[group].ja} / {words[group].en}" for group in _FILLS if group in words]
    yield f"Red, blue, yellow, grey: {'; '.join(legend)}. ？ = only under the condition in the table."


def _node(rule: Rule) -> str:
    return rule.id.replace("-", "_")


def _safe(text: str) -> str:
    return text.replace('"', "'").replace("[", "（").replace("]", "）")
