"""Which tests in the conditions of the rules no case has met, and which none has failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from procedures.case import Case, CaseError
from procedures.catalogue import Catalogue, Rule
from procedures.conditions import Leaf, Node
from procedures.facts import MUNICIPALITY, CaseView
from procedures.words import required
from procedures.yaml_lines import Problem


def unreached(catalogue: Catalogue, cases: Iterable[Case]) -> Iterator[Problem]:
    """The tests in conditions (of rules and variants whose life events are complete) that are true in no
    case, or false in none. A case counts for a rule when the rule is in force on its day.
    """
    seen: dict[tuple[str, int], set[bool]] = {}
    open_: dict[str, set[int]] = {}  # by version of a rule, the tests that still lack a result
    for case in cases:
        current = catalogue.at(case.date)
        if not all(event in current.codes.events for event in case.events):
            continue
        try:
            view = CaseView(case, current.facts, current.settings, current.calendar)
        except CaseError:
            continue  # a case that cannot be read is reported where it is answered
        for rule in current.rules_for(case.events, case.date):
            lacking = open_.get(rule.version)
            if lacking is None:
                lacking = {leaf.number for node in _conditions(rule) for leaf in _leaves(node)}
                open_[rule.version] = lacking
            lacking -= {
                number for number in lacking if seen.get((rule.version, number), set()) >= {True, False}
            }
            if not lacking:
                continue
            for node in _conditions(rule):
                for leaf in _leaves(node):
                    true, false = leaf.sets(view)
                    found = seen.setdefault((rule.version, leaf.number), set())
                    found |= {truth for truth, people in ((True, true), (False, false)) if people}
    for rule in catalogue.rules:
        if not all(catalogue.ready(event) for event in rule.events):
            continue
        tests = {leaf.number: leaf for node in _conditions(rule) for leaf in _leaves(node)}
        for number, leaf in tests.items():
            if catalogue.facts[leaf.fact].scope == MUNICIPALITY:
                continue  # the same in every case of a municipality
            missing = {True, False} - seen.get((rule.version, number), set())
            for truth in sorted(missing):
                words = required(leaf, catalogue.facts, catalogue.codes).ja
                result = "true" if truth else "false"
                yield Problem(rule.file, rule.line, f"{rule.id}: 「{words}」 is {result} in no case")


def _conditions(rule: Rule) -> list[Node]:
    return [rule.when, *(variant.when for variant in rule.variants)]


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    for part in node.parts():
        yield from _leaves(part)
