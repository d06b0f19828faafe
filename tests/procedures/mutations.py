"""Every small mistake that somebody could make in a condition, a boundary or a date of the rule data.

The conditions come from procedures/proving/census.py, so that none is left out; BOUNDARIES names the numbers
and dates.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from procedures.engine.catalogue import Catalogue, DeadlineSpec, DocumentSpec, Face, Impossible, Rule
from procedures.logic.conditions import (
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
from procedures.logic.facts import FactSpec
from procedures.proving.census import Condition, branch, of_fact, of_impossible, of_rule, shape
from procedures.schema.rules import EarliestModel, OffsetModel
from procedures.terms.office_days import OfficeCalendar
from procedures.terms.periods import Period

DAY = timedelta(days=1)
OTHER_AGE = {
    "legal_age": "kouki_age",
    "kouki_age": "legal_age",
    "kokuho70_age": "legal_age",
    "fiscal_age": "legal_age",
}
BOUNDARIES = frozenset(
    {
        "PeriodModel.days",
        "PeriodModel.months",
        "PeriodModel.years",
        "PeriodModel.count",
        "PeriodModel.closed",
        "EarliestModel.of",
        "RuleModel.events",
        "RuleModel.effective_from",
        "RuleModel.effective_to",
        "VariantModel.outcome",
        "PresumeModel.value",
        "CalendarModel.closed_weekdays",
        "CalendarModel.year_end",
        "CalendarModel.closed",
        "DatedModel.effective_from",
    }
)
"""The fields of the schema, beside the conditions, whose numbers, dates and choices are mistaken here."""

Changed = Rule | FactSpec | Impossible | OfficeCalendar | Catalogue
Choices = Mapping[str, Iterable[str]]
"""What a list in a condition may hold: the answers, by the name of the fact, and the life events as EVENT."""
EVENT = "event"


def choices(catalogue: Catalogue) -> Choices:
    """What somebody could write into a list of answers or of life events."""
    lists = [spec for spec in catalogue.facts.values() if spec.type in ("choice", "choices")]
    return {EVENT: catalogue.codes.events, **{spec.name: list(map(str, spec.words)) for spec in lists}}


@dataclass(frozen=True)
class Mutant:
    """What came of one mistake, made in `field` of the schema; `about` is what was right there, by which the
    same mistake is known in the data of two municipalities. `node` and `wrong` are the condition before and
    after, read only under `under`, when that is where it is.
    """

    name: str
    kind: str  # condition | paper | sentence | fact | question | impossible | outcome | deadline | closed | …
    field: str
    changed: Changed
    about: Hashable
    node: Node | None = None
    wrong: Node | None = None
    under: Node | None = None


def nodes(node: Node, known: Choices) -> Iterator[tuple[str, Node]]:
    """Every condition that differs from this one by one mistake, with its name."""
    if isinstance(node, Leaf):
        yield from _leaves(node)
        yield from _too_many(node, known)
    elif isinstance(node, Event):
        for event in sorted(node.events) if len(node.events) > 1 else ():
            yield f"without event {event}", Event(node.events - {event})
        for event in sorted({*known[EVENT]} - node.events):
            yield f"also event {event}", Event(node.events | {event})
        yield f"not event {'+'.join(sorted(node.events))}", Not(node)
    elif isinstance(node, Not):
        yield "not taken away", node.part
        for name, below in nodes(node.part, known):
            if not (isinstance(below, Not) and below.part is node.part):  # that is the one above once more
                yield f"not {name}", Not(below)
    elif isinstance(node, All | Any):
        yield from _several(node, known)
    elif isinstance(node, Members):
        for name, low, high in _bounds(node.low, node.high):
            yield f"{node.kind} {name}", replace(node, low=low, high=high)
        for name, below in nodes(node.where, known):
            yield f"member {name}", replace(node, where=below)


def _several(node: All | Any, known: Choices) -> Iterator[tuple[str, Node]]:
    kind, other = (All, Any) if isinstance(node, All) else (Any, All)
    if len(node.of) > 1:
        yield f"{kind.__name__.lower()} → {other.__name__.lower()}", other(node.of)
        for index in range(len(node.of)):
            yield f"part {index + 1} dropped", kind((*node.of[:index], *node.of[index + 1 :]))
    for index, part in enumerate(node.of):
        for name, below in nodes(part, known):
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
    if isinstance(leaf, Within):
        for name, period in _periods(leaf.period):
            yield f"{leaf.fact} within {name}", replace(leaf, period=period)


def _too_many(leaf: Leaf, known: Choices) -> Iterator[tuple[str, Node]]:
    """The test met by one answer more."""
    for choice in known.get(leaf.fact, ()):
        if isinstance(leaf, Is | Has) and choice not in leaf.values:
            more: Leaf = replace(leaf, values=leaf.values | {choice})  # type: ignore[arg-type]
            yield f"{leaf.fact} also {choice}", more


def _bounds(low: int | None, high: int | None) -> Iterator[tuple[str, int | None, int | None]]:
    for more in (1, -1):
        if low is not None:
            yield f"low {more:+}", low + more, high
        if high is not None:
            yield f"high {more:+}", low, high + more


def _periods(period: Period) -> Iterator[tuple[str, Period]]:
    """Every length of time that differs by one mistake, with its name. Where the start is counted it makes
    no difference that nothing follows it (0 days, or days before the start).
    """
    for unit in ("days", "months", "years"):
        amount = getattr(period, unit)
        if amount is not None:
            for more in (1, -1):
                yield f"{more:+} {unit}", replace(period, **{unit: amount + more})
    if period.days is None or period.days > 0:
        count = "same_day" if period.count == "next_day" else "next_day"
        yield f"count {count}", replace(period, count=count)
    closed = "as_is" if period.closed == "next_open" else "next_open"
    yield f"closed {closed}", replace(period, closed=closed)


def deadlines(spec: DeadlineSpec) -> Iterator[tuple[str, str, DeadlineSpec]]:
    """Every deadline that differs by one mistake: field, name, deadline."""
    if isinstance(spec, EarliestModel):
        for index, one in enumerate(spec.of):
            rest = [*spec.of[:index], *spec.of[index + 1 :]]
            yield "EarliestModel.of", f"{index + 1} dropped", spec.model_copy(update={"of": rest})
            for field, name, wrong in deadlines(one):
                of = [*spec.of[:index], wrong, *spec.of[index + 1 :]]
                yield field, f"{index + 1}: {name}", spec.model_copy(update={"of": of})
    if isinstance(spec, OffsetModel):
        right = spec.period()
        for name, period in _periods(right):
            changed = {key: getattr(period, key) for key in Period.__slots__}
            (unit,) = [key for key in changed if changed[key] != getattr(right, key)]
            yield f"PeriodModel.{unit}", name, spec.model_copy(update=changed)


def rules(rule: Rule, known: Choices) -> Iterator[Mutant]:
    """Every mistake in one rule."""
    for condition in of_rule(rule):
        yield from _conditions(
            condition, known, lambda node, wrong: _put(rule, node, wrong), _branch(rule, condition)
        )
    yield from _dated(rule.face, rule.version, lambda face: replace(rule, face=face))
    for index, variant in enumerate(rule.variants):
        name = f"{rule.version}/{variant.id}"
        other = _variant(rule, index, needs_confirmation=not variant.needs_confirmation)
        yield Mutant(f"{name} outcome", "outcome", "VariantModel.outcome", other, variant.needs_confirmation)
        if variant.face.deadline != rule.face.deadline:
            yield from _dated(variant.face, name, lambda face, at=index: _variant(rule, at, face=face))  # type: ignore[misc]
    for end in ("effective_from", "effective_to"):
        day = getattr(rule, end)
        if day is not None:
            for more in (DAY, -DAY):
                shifted = replace(rule, **{end: day + more})
                name = f"{rule.version} {end} {more.days:+} day"
                yield Mutant(name, "date", f"RuleModel.{end}", shifted, day)
    if len(rule.events) > 1:
        for event in sorted(rule.events):
            fewer = replace(rule, events=rule.events - {event})
            name = f"{rule.version} without event {event}"
            yield Mutant(name, "events", "RuleModel.events", fewer, rule.events)


_KINDS = {
    "RuleModel.when": "condition",
    "VariantModel.when": "condition",
    "NotNeededModel.when": "sentence",
    "DocumentModel.when": "paper",
    "SparedModel.when": "paper",
    "ImpossibleModel.when": "impossible",
    "FactModel.derive": "fact",
    "FactModel.only_if": "question",
    "PresumeModel.when": "fact",
}
_LEFT_OUT: dict[str, Node] = {
    "DocumentModel.when": All(()),
    "FactModel.only_if": All(()),
    "SparedModel.when": Any(()),
    "PresumeModel.when": Any(()),
    "NotNeededModel.when": Any(()),
}
"""What it comes to when somebody forgets the whole entry: it always holds, or never."""


def _conditions(
    condition: Condition, known: Choices, put: Callable[[Node, Node], Changed], under: Node | None
) -> Iterator[Mutant]:
    """Every mistake in one condition."""
    wrongs = list(nodes(condition.node, {**known, EVENT: condition.events}))
    if condition.field in _LEFT_OUT:
        wrongs.append(("left out", _LEFT_OUT[condition.field]))
    for name, wrong in wrongs:
        yield Mutant(
            f"{condition.name}: {name}",
            _KINDS[condition.field],
            condition.field,
            put(condition.node, wrong),
            shape(condition.node),
            condition.node,
            wrong,
            under,
        )


def _branch(rule: Rule, condition: Condition) -> Node | None:
    """Where a condition of a rule decides: a variant only where none before it does."""
    if condition.field != "VariantModel.when":
        return condition.under
    index = next(i for i, variant in enumerate(rule.variants) if variant.when is condition.node)
    return branch(rule, index)


def _put(rule: Rule, node: Node, wrong: Node) -> Rule:
    """The rule with another condition in the place of one of its own, wherever that stands."""

    def one(condition: Node) -> Node:
        return wrong if condition is node else condition

    def paper(document: DocumentSpec) -> DocumentSpec:
        spared = tuple((one(when), words) for when, words in document.unnecessary_when)
        wanted = None if document.when is None else one(document.when)
        return replace(document, when=wanted, unnecessary_when=spared)

    def face(shown: Face) -> Face:
        return replace(shown, documents=tuple(paper(document) for document in shown.documents))

    return replace(
        rule,
        when=one(rule.when),
        face=face(rule.face),
        variants=tuple(replace(each, when=one(each.when), face=face(each.face)) for each in rule.variants),
        not_needed=tuple((one(when), words) for when, words in rule.not_needed),
    )


def _dated(face: Face, name: str, put: Callable[[Face], Rule]) -> Iterator[Mutant]:
    """Every mistake in the deadline of one face of a rule."""
    for field, mistake, spec in deadlines(face.deadline):
        kind = "closed" if field == "PeriodModel.closed" else "deadline"
        changed = put(replace(face, deadline=spec))
        yield Mutant(f"{name} deadline: {mistake}", kind, field, changed, face.deadline.model_dump_json())


def _variant(rule: Rule, index: int, **changed: object) -> Rule:
    variant = replace(rule.variants[index], **changed)  # type: ignore[arg-type]
    return replace(rule, variants=(*rule.variants[:index], variant, *rule.variants[index + 1 :]))


def facts(spec: FactSpec, known: Choices) -> Iterator[Mutant]:
    """Every mistake in what a fact is worked out from, presumed from, or asked under."""

    def put(node: Node, wrong: Node) -> FactSpec:
        presume = tuple(replace(each, when=wrong) if each.when is node else each for each in spec.presume)
        derive, only_if = (wrong if each is node else each for each in (spec.derive, spec.only_if))
        return replace(spec, derive=derive, only_if=only_if, presume=presume)

    for condition in of_fact(spec, known[EVENT]):
        yield from _conditions(condition, known, put, condition.under)
    for index, presumption in enumerate(spec.presume):
        if isinstance(presumption.value, bool):
            other = replace(presumption, value=not presumption.value)
            changed = replace(spec, presume=(*spec.presume[:index], other, *spec.presume[index + 1 :]))
            name = f"{spec.name} presume {index + 1}: the opposite"
            about, wherever = (shape(presumption.when), presumption.value), (presumption.when, Any(()))
            yield Mutant(name, "fact", "PresumeModel.value", changed, about, *wherever)


def impossible(one: Impossible, known: Choices) -> Iterator[Mutant]:
    """Every mistake in an impossible combination of facts."""
    yield from _conditions(of_impossible(one), known, lambda _, wrong: replace(one, when=wrong), None)


def calendar(right: OfficeCalendar) -> Iterator[Mutant]:
    """Every mistake in the days on which a town hall is closed."""

    def mutant(field: str, name: str, wrong: OfficeCalendar) -> Mutant:
        return Mutant(f"calendar {name}", "calendar", f"CalendarModel.{field}", wrong, repr(right))

    for weekday in range(7):
        days = right.closed_weekdays ^ {weekday}
        yield mutant("closed_weekdays", f"weekday {weekday}", replace(right, closed_weekdays=days))
    for place in (0, 1):
        for more in (DAY, -DAY):
            month, day = right.year_end[place]
            moved = date(2001, month, day) + more
            ends = [*right.year_end]
            ends[place] = moved.month, moved.day
            wrong = replace(right, year_end=(ends[0], ends[1]))
            yield mutant("year_end", f"year_end {place + 1} {more.days:+} day", wrong)
    for closed in sorted(right.closed):
        yield mutant("closed", f"without {closed}", replace(right, closed=right.closed - {closed}))


def periods(catalogue: Catalogue) -> Iterator[Mutant]:
    """What a municipality has entered ahead, a day too early or too late."""
    for index, later in enumerate(catalogue.later):
        for more in (DAY, -DAY):
            assert later.since is not None
            moved = replace(later, since=later.since + more)
            changed = replace(
                catalogue, later=(*catalogue.later[:index], moved, *catalogue.later[index + 1 :])
            )
            name = f"{catalogue.municipality} from {later.since} {more.days:+} day"
            yield Mutant(name, "date", "DatedModel.effective_from", changed, later.since)
