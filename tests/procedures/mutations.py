"""Every small mistake that somebody could make in a condition, a deadline or a date of the rules."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from procedures.catalogue import DeadlineSpec, Face, Rule
from procedures.conditions import (
    Age,
    All,
    Any,
    Between,
    Dated,
    Event,
    Has,
    Is,
    Leaf,
    Members,
    Node,
    Not,
    OnDate,
    OnMonth,
    Within,
)
from procedures.facts import FactSpec
from procedures.schema import EarliestModel, OffsetModel

DAY = timedelta(days=1)
OTHER_AGE = {"legal_age": "kouki_age", "kouki_age": "legal_age"}


@dataclass(frozen=True)
class Mutant:
    """A rule or a fact with one mistake in it; `node` and `wrong` are the condition before and after, when
    that is where it is.
    """

    name: str
    kind: str  # condition | deadline | closed | date | events | fact
    changed: Rule | FactSpec
    node: Node | None = None
    wrong: Node | None = None


def nodes(node: Node) -> Iterator[tuple[str, Node]]:
    """Every condition that differs from this one by one mistake, with its name."""
    if isinstance(node, Leaf):
        yield from _leaves(node)
    elif isinstance(node, Event):
        for event in sorted(node.events) if len(node.events) > 1 else ():
            yield f"without event {event}", Event(node.events - {event})
        yield f"not event {'+'.join(sorted(node.events))}", Not(node)
    elif isinstance(node, Not):
        yield "not taken away", node.part
        for name, below in nodes(node.part):
            if not (isinstance(below, Not) and below.part is node.part):  # that is the one above once more
                yield f"not {name}", Not(below)
    elif isinstance(node, All | Any):
        yield from _several(node)
    elif isinstance(node, Members):
        for name, low, high in _bounds(node.low, node.high):
            yield f"{node.kind} {name}", replace(node, low=low, high=high)
        yield from ((f"member {name}", replace(node, where=below)) for name, below in nodes(node.where))


def _several(node: All | Any) -> Iterator[tuple[str, Node]]:
    kind, other = (All, Any) if isinstance(node, All) else (Any, All)
    if len(node.of) > 1:
        yield f"{kind.__name__.lower()} → {other.__name__.lower()}", other(node.of)
        for index in range(len(node.of)):
            yield f"part {index + 1} dropped", kind((*node.of[:index], *node.of[index + 1 :]))
    for index, part in enumerate(node.of):
        for name, below in nodes(part):
            yield f"{index + 1}: {name}", kind((*node.of[:index], below, *node.of[index + 1 :]))


def _leaves(leaf: Leaf) -> Iterator[tuple[str, Node]]:
    yield f"not {leaf.fact}", Not(leaf)
    if isinstance(leaf, Is) and len(leaf.values) > 1:
        for value in sorted(leaf.values, key=str):
            yield f"{leaf.fact} without {value}", replace(leaf, values=leaf.values - {value})
    if isinstance(leaf, Has) and len(leaf.values) > 1:
        for choice in sorted(leaf.values):
            yield f"{leaf.fact} without {choice}", replace(leaf, values=leaf.values - {choice})
    if isinstance(leaf, Age | Between | OnDate | OnMonth):
        for name, low, high in _bounds(leaf.low, leaf.high):
            yield f"{leaf.fact} {name}", replace(leaf, low=low, high=high)
    if isinstance(leaf, Age) and leaf.kind in OTHER_AGE:
        yield f"{leaf.fact} as {OTHER_AGE[leaf.kind]}", replace(leaf, kind=OTHER_AGE[leaf.kind])
    if isinstance(leaf, Age) and leaf.at is not None:
        yield f"{leaf.fact} on the day of filing", replace(leaf, at=None)
    if isinstance(leaf, Dated):
        for days in (DAY, -DAY):
            since = None if leaf.since is None else leaf.since + days
            before = None if leaf.before is None else leaf.before + days
            yield f"{leaf.fact} {days.days:+} day", replace(leaf, since=since, before=before)
    if isinstance(leaf, Within) and leaf.period.days is not None:
        for more in (1, -1):
            period = replace(leaf.period, days=leaf.period.days + more)
            yield f"{leaf.fact} within {more:+} day", replace(leaf, period=period)


def _bounds(low: int | None, high: int | None) -> Iterator[tuple[str, int | None, int | None]]:
    for more in (1, -1):
        if low is not None:
            yield f"low {more:+}", low + more, high
        if high is not None:
            yield f"high {more:+}", low, high + more


def deadlines(spec: DeadlineSpec) -> Iterator[tuple[str, str, DeadlineSpec]]:
    """Every deadline that differs by one mistake: kind, name, deadline."""
    if isinstance(spec, EarliestModel):
        for index, one in enumerate(spec.of):
            for kind, name, wrong in deadlines(one):
                of = [*spec.of[:index], wrong, *spec.of[index + 1 :]]
                yield kind, f"{index + 1}: {name}", spec.model_copy(update={"of": of})
    if not isinstance(spec, OffsetModel):
        return
    for unit in ("days", "months", "years"):
        amount = getattr(spec, unit)
        if amount is not None:
            for more in (1, -1):
                yield "deadline", f"{more:+} {unit}", spec.model_copy(update={unit: amount + more})
    if spec.days is None or spec.days > 0:
        count = "same_day" if spec.count == "next_day" else "next_day"
        yield "deadline", f"count {count}", spec.model_copy(update={"count": count})
    closed = "as_is" if spec.closed == "next_open" else "next_open"
    yield "closed", f"closed {closed}", spec.model_copy(update={"closed": closed})


def rules(rule: Rule) -> Iterator[Mutant]:
    """Every mistake in one rule."""
    for name, wrong in nodes(rule.when):
        mutated = replace(rule, when=wrong)
        yield Mutant(f"{rule.version} when: {name}", "condition", mutated, rule.when, wrong)
    for kind, name, face in _faces(rule.face):
        yield Mutant(f"{rule.version} deadline: {name}", kind, replace(rule, face=face))
    for index, variant in enumerate(rule.variants):
        before = (rule.when, *(Not(earlier.when) for earlier in rule.variants[:index]))
        for name, wrong in nodes(variant.when):
            changed = _variant(rule, index, when=wrong)
            pair = All((*before, variant.when)), All((*before, wrong))
            yield Mutant(f"{rule.version}/{variant.id} when: {name}", "condition", changed, *pair)
        if variant.face.deadline != rule.face.deadline:
            for kind, name, face in _faces(variant.face):
                changed = _variant(rule, index, face=face)
                yield Mutant(f"{rule.version}/{variant.id} deadline: {name}", kind, changed)
    for end in ("effective_from", "effective_to"):
        day = getattr(rule, end)
        if day is not None:
            for more in (DAY, -DAY):
                shifted = replace(rule, **{end: day + more})
                yield Mutant(f"{rule.version} {end} {more.days:+} day", "date", shifted)
    if len(rule.events) > 1:
        for event in sorted(rule.events):
            name = f"{rule.version} without event {event}"
            yield Mutant(name, "events", replace(rule, events=rule.events - {event}))


def _faces(face: Face) -> Iterator[tuple[str, str, Face]]:
    for kind, name, spec in deadlines(face.deadline):
        yield kind, name, replace(face, deadline=spec)


def _variant(rule: Rule, index: int, **changed: object) -> Rule:
    variant = replace(rule.variants[index], **changed)  # type: ignore[arg-type]
    return replace(rule, variants=(*rule.variants[:index], variant, *rule.variants[index + 1 :]))


def facts(spec: FactSpec) -> Iterator[Mutant]:
    """Every mistake in what a fact is worked out from, presumed from, or asked under."""
    if spec.derive is not None:
        for name, wrong in nodes(spec.derive):
            changed = replace(spec, derive=wrong)
            yield Mutant(f"{spec.name} derive: {name}", "fact", changed, spec.derive, wrong)
    for index, presumption in enumerate(spec.presume):
        for name, wrong in nodes(presumption.when):
            presume = (*spec.presume[:index], replace(presumption, when=wrong), *spec.presume[index + 1 :])
            changed = replace(spec, presume=presume)
            where = f"{spec.name} presume {index + 1}: {name}"
            yield Mutant(where, "fact", changed, presumption.when, wrong)
