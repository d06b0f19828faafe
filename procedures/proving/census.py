"""Every condition of a catalogue, wherever the schema has a place for one: whose it is, and where it is read.

The coverage by cases, the proofs and the mutations of the rules all go through this list, so that none of
them leaves a kind of condition out. FIELDS names the places; a test compares them with the schema.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from procedures.engine.catalogue import Catalogue, Face, Impossible, Rule
from procedures.logic.conditions import Age, All, Any, Leaf, Members, Node, Not, Within, walk
from procedures.logic.facts import PERSON, FactSpec

FIELDS = frozenset(
    {
        "RuleModel.when",
        "VariantModel.when",
        "NotNeededModel.when",
        "DocumentModel.when",
        "SparedModel.when",
        "ImpossibleModel.when",
        "FactModel.derive",
        "FactModel.only_if",
        "PresumeModel.when",
    }
)
"""The fields of the schema that hold a condition. What a municipality changes, adds or derives anew
(overlay.yaml) is one of these again once it is compiled.
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `owner` is a rule's version, a fact or an impossible combination; `place` says where in
    it. `under`: the condition is read only of those for whom this holds (None: of everybody).
    """

    owner: str
    place: str
    field: str
    node: Node
    under: Node | None
    person: bool
    events: frozenset[str]
    file: str
    line: int

    @property
    def name(self) -> str:
        """For a message: R010@- document mnc_card."""
        return f"{self.owner} {self.place}"


def of_rule(rule: Rule) -> list[Condition]:
    """The conditions of one version of a rule. A document that several of its faces share is there once."""

    def one(place: str, field: str, node: Node, under: Node | None) -> Condition:
        return Condition(
            rule.version, place, field, node, under, rule.person, rule.events, rule.file, rule.line
        )

    found = [one("when", "RuleModel.when", rule.when, None)]
    found += [
        one(f"variant {variant.id}", "VariantModel.when", variant.when, rule.when)
        for variant in rule.variants
    ]
    nobody: Node = Not(_somebody(rule, rule.when))
    for index, (node, _) in enumerate(rule.not_needed, 1):
        found.append(one(f"not_needed {index}", "NotNeededModel.when", node, nobody))
        nobody = All((nobody, Not(_somebody(rule, node))))
    for place, field, node, under in _papers(rule):
        found.append(one(place, field, node, under))
    return found


def _somebody(rule: Rule, node: Node) -> Node:
    """That a condition of a rule holds for any of those whom the rule asks about."""
    return Members("any_member", node, 1, None) if rule.person else node


def branch(rule: Rule, index: int) -> Node:
    """That a rule applies and no variant before the one with this index does (all of them, for the number of
    variants: the rule's own face).
    """
    earlier = [Not(variant.when) for variant in rule.variants[:index]]
    return All((rule.when, *earlier)) if earlier else rule.when


def _papers(rule: Rule) -> Iterator[tuple[str, str, Node, Node]]:
    """The conditions of the documents: place, field, condition, and where it is read."""
    shown: dict[int, tuple[Face, list[Node]]] = {}
    faces = [(rule.face, branch(rule, len(rule.variants)))]
    faces += [(one.face, All((branch(rule, index), one.when))) for index, one in enumerate(rule.variants)]
    for face, under in faces:
        shown.setdefault(id(face.documents), (face, []))[1].append(under)
    for number, (face, branches) in enumerate(shown.values()):
        among = "" if number == 0 else f" (branch {number})"
        under = branches[0] if len(branches) == 1 else Any(tuple(branches))
        for document in face.documents:
            place = f"document {document.id}{among}"
            wanted = under
            if document.when is not None:
                yield place, "DocumentModel.when", document.when, under
                wanted = All((under, document.when))
            for index, (node, _) in enumerate(document.unnecessary_when, 1):
                yield f"{place} spared {index}", "SparedModel.when", node, wanted
                wanted = All((wanted, Not(node)))


def of_fact(spec: FactSpec, events: Iterable[str]) -> list[Condition]:
    """The conditions of a fact, which are read in any life event (`events`: all of them)."""

    def one(place: str, field: str, node: Node, under: Node | None) -> Condition:
        personal = spec.scope == PERSON
        return Condition(
            spec.name, place, field, node, under, personal, frozenset(events), spec.file, spec.line
        )

    found = []
    if spec.derive is not None:
        found.append(one("derive", "FactModel.derive", spec.derive, None))
    if spec.only_if is not None:
        found.append(one("only_if", "FactModel.only_if", spec.only_if, None))
    earlier: list[Node] = []
    for index, presumption in enumerate(spec.presume, 1):
        under = All(tuple(earlier)) if earlier else None
        found.append(one(f"presume {index}", "PresumeModel.when", presumption.when, under))
        earlier.append(Not(presumption.when))
    return found


def of_impossible(one: Impossible) -> Condition:
    """The condition of an impossible combination of facts."""
    return Condition(
        one.id, "when", "ImpossibleModel.when", one.when, None, one.person, one.events, one.file, one.line
    )


def conditions(catalogue: Catalogue) -> Iterator[Condition]:
    """All of them: rules in their order, then facts, then impossible combinations."""
    for rule in catalogue.rules:
        yield from of_rule(rule)
    for spec in catalogue.facts.values():
        yield from of_fact(spec, catalogue.codes.events)
    for one in catalogue.impossible:
        yield of_impossible(one)


def leaves(node: Node) -> list[Leaf]:
    """The tests that a condition consists of, in their order."""
    return [below for below in walk(node) if isinstance(below, Leaf)]


def facts_behind(
    nodes: Iterable[Node], specs: Mapping[str, FactSpec], *, derived_only: bool = False
) -> set[str]:
    """The facts that conditions read, and those behind them: what they are derived from and (unless
    `derived_only`) presumed from, and what makes their question sensible.
    """
    found: set[str] = set()
    todo = list(nodes)
    while todo:
        for leaf in leaves(todo.pop()):
            for name in [leaf.fact, *([leaf.at] if isinstance(leaf, Age) and leaf.at else [])]:
                if name not in found:
                    found.add(name)
                    behind = of_fact(specs[name], ())
                    todo += [
                        one.node for one in behind if not derived_only or one.field == "FactModel.derive"
                    ]
    return found


def said(condition: Condition, catalogue: Catalogue) -> Hashable:
    """What a condition says, and where it is read, the facts derived for it included: the same for conditions
    of different catalogues that nothing can tell apart.
    """
    nodes = [condition.node] if condition.under is None else [condition.node, condition.under]
    derived = {
        (name, shape(spec.derive))
        for name in facts_behind(nodes, catalogue.facts, derived_only=True)
        if (spec := catalogue.facts[name]).derive is not None
    }
    by_calendar = any(isinstance(below, Within) for node in nodes for below in walk(node))
    calendar = repr(catalogue.calendar) if by_calendar else ""
    where = condition.owner, condition.place, condition.events
    return (*where, tuple(map(shape, nodes)), frozenset(derived), calendar)


def shape(node: Node) -> tuple[object, ...]:
    """What a condition says, the same for equal conditions of different catalogues."""
    held = [getattr(node, field.name) for field in fields(node) if field.name != "number"]  # type: ignore[arg-type]
    return (type(node).__name__, *[_plain(value) for value in held])


def _plain(value: object) -> object:
    if isinstance(value, Node):
        return shape(value)
    return tuple(_plain(one) for one in value) if isinstance(value, tuple) else value
