"""The engine: from a case and a catalogue to the guidance. Pure; the only time it knows is the case's own
date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from procedures.engine.catalogue import Catalogue, DeadlineSpec, Outcome, Rule, Variant
from procedures.engine.deadlines import deadline
from procedures.engine.guidance import Deadline, Guidance, Item, NotApplicable, Question
from procedures.engine.guidance_parts import Conflict
from procedures.engine.items import Found, Items, handling_order
from procedures.engine.openings import Openings
from procedures.engine.questions import questions
from procedures.logic.analysis import Unsettled
from procedures.logic.case import Case, CaseError, Fact
from procedures.logic.conditions import HOUSEHOLD, members
from procedures.logic.facts import HOUSEHOLD_SCOPE, CaseView

EVENT_DATE = "event_date"
"""The fact that holds the day of the first life event of a case; those of the others are in Case.dates."""
APPLIES, MAY_APPLY, NEEDS_CONFIRMATION = "applies", "may_apply", "needs_confirmation"


class EventNotReady(CaseError):
    """The catalogue does not hold every rule of this life event yet, so an answer would be incomplete."""


def evaluate(case: Case, catalogue: Catalogue) -> Guidance:
    """The guidance for a case, by the catalogue that counts on its day (`catalogue.at`).

    Raises CaseError for facts that facts.yaml does not know or whose value does not fit, and
    EventNotReady for a life event whose rules are not complete. For a household of eight it takes about a
    millisecond; what is only looked at when somebody asks (reasons, papers, the order of the questions) is
    worked out then. See docs/decisions/0024-sets-of-members.md.
    """
    if case.municipality != catalogue.municipality:
        raise CaseError("municipality", f"this catalogue is the one of {catalogue.municipality}")
    catalogue = catalogue.at(case.date)
    for event in case.events:
        if event not in catalogue.codes.events:
            known = ", ".join(catalogue.codes.events)
            raise EventNotReady("event", f"there is no life event {event}; there are {known}")
    if not all(catalogue.ready(event) for event in case.events):
        raise EventNotReady("event", "the catalogue is not complete for this life event")
    view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
    stages = {event: _Evaluation(_led_by(view, event), catalogue) for event in case.events}
    first = stages[case.event]
    for rule in catalogue.rules_for(case.events, case.date):
        if case.event in rule.events:
            first.take(rule)
        else:
            stages[next(event for event in case.also if event in rule.events)].take(rule)
    return _joined(list(stages.values()), case, catalogue)


def _led_by(view: CaseView, event: str) -> CaseView:
    """The case as the rules of one of its events see it: that event first, with its own day."""
    case = view.case
    if event == case.event:
        return view
    day = {EVENT_DATE: case.dates.get(event, Fact.declared_unknown("derived"))}
    day = day if EVENT_DATE in view.specs else {}
    others = tuple(other for other in case.events if other != event)
    led = replace(case, event=event, also=others, facts={**case.facts, **day})
    given = {name: said for name, said in view.given.items() if name not in day}
    found = CaseView(led, view.specs, view.settings, view.calendar, given)
    found.read(day, view.everybody, HOUSEHOLD_SCOPE, "facts")
    return found


def _joined(stages: list[_Evaluation], case: Case, catalogue: Catalogue) -> Guidance:
    """The guidance of all events of a case."""
    present = frozenset([entry.rule.id for stage in stages for entry in stage.found])
    items: dict[str, list[Item]] = {APPLIES: [], MAY_APPLY: [], NEEDS_CONFIRMATION: []}
    for stage in stages:
        for entry in stage.found:
            items[entry.outcome].append(stage.items.item(entry, present))
    for listed in items.values():
        listed.sort(key=handling_order)
    return Guidance(
        applies=tuple(items[APPLIES]),
        may_apply=tuple(items[MAY_APPLY]),
        needs_confirmation=tuple(items[NEEDS_CONFIRMATION]),
        not_applicable=tuple([entry for stage in stages for entry in stage.not_applicable]),
        catalogue_version=catalogue.version,
        conflicts=tuple(stages[0].conflicts()),
        _questions=partial(_questions, stages, catalogue),
    )


def _questions(stages: list[_Evaluation], catalogue: Catalogue) -> tuple[Question, ...]:
    openings = [one for stage in stages for entry in stage.found for one in entry.openings()]
    return questions(openings, stages[0].view, catalogue)


class _Evaluation:
    """The rules of one event of a case, taken one after the other. Members are handled in sets, as in
    conditions.py; a rule that asks about the household holds for everybody or nobody.
    """

    def __init__(self, view: CaseView, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.view = view
        self._open = Openings(view, catalogue)
        self.items = Items(view, catalogue)
        self.found: list[Found] = []
        self.not_applicable: list[NotApplicable] = []
        self._deadlines = catalogue.memory.worded.copy()
        self._said = view.said
        self._behind = catalogue.memory.behind
        self._unsaid = catalogue.memory.unsaid_of(view.date, view.events, view.size)

    def take(self, rule: Rule) -> None:
        """Work a rule out for everybody."""
        entries: list[Found] = []
        for outcome in self._outcomes(rule):
            self._record(rule, outcome, entries)
        if not entries:
            self.not_applicable.append(self.items.not_applicable(rule))
        elif len(entries) > 1:
            entries.sort(key=_first)
        self.found += entries

    def _outcomes(self, rule: Rule) -> Iterable[Outcome]:
        """How a rule comes out: the same in every household of a size of which nobody has said anything that
        it asks about.
        """
        behind = self._behind.get(id(rule)) or self._catalogue.behind(rule)
        if not self._said.isdisjoint(behind):
            return self._judge(rule)
        kept = self._unsaid.get(id(rule))
        if kept is None:
            kept = self._catalogue.memory.keep(self._unsaid, id(rule), tuple(self._judge(rule)))
        return kept

    def _judge(self, rule: Rule) -> Iterator[Outcome]:
        true, false = rule.when.sets(self.view)
        if true and rule.variants:
            yield from self._branch(rule, true)
        elif true:
            yield APPLIES, None, true, ()
        open_ = self.view.everybody & ~(true | false)
        for people, part in self._open.unsettled(rule.when, open_, rule.person) if open_ else ():
            certain = part.analysis.certain
            if certain is None:
                outcome = MAY_APPLY if part.analysis.live else NEEDS_CONFIRMATION
                for variant, those in self._settled(rule, people):
                    yield outcome, variant, those, (part,)
            elif certain:
                yield from self._branch(rule, people)

    def _settled(self, rule: Rule, people: int) -> Iterator[tuple[Variant | None, int]]:
        """Members for whom a rule is open, with the variant that no answer can change where there is one."""
        for variant in rule.variants:
            true, false = variant.when.sets(self.view)
            if people & true:
                yield variant, people & true
            if people & ~(true | false):
                yield None, people & ~(true | false)
            people &= false
            if not people:
                return
        yield None, people

    def conflicts(self) -> Iterator[Conflict]:
        """The impossible combinations of facts that are there."""
        for one in self._catalogue.impossible:
            if one.events.isdisjoint(self.view.events):
                continue
            touched = one.when.sets(self.view)[0]
            if touched:
                yield Conflict(one.id, one.words, self.view.ids(touched) if one.person else ())

    def _branch(
        self, rule: Rule, people: int, passed: int = 0, undecided: tuple[Unsettled, ...] = ()
    ) -> Iterator[Outcome]:
        """A rule that applies to these, each under the first variant that holds. `passed` variants do not, or
        are among those that are `undecided`.
        """
        for number, variant in enumerate(rule.variants[passed:], passed + 1):
            true, false = variant.when.sets(self.view)
            if people & true:
                yield _chosen(variant, people & true, undecided)
            open_ = people & ~(true | false)
            for alike, part in self._open.unsettled(variant.when, open_, rule.person) if open_ else ():
                certain = part.analysis.certain
                if certain:
                    yield _chosen(variant, alike, undecided)
                else:
                    more = undecided if certain is False else (*undecided, part)
                    yield from self._branch(rule, alike, number, more)
            people &= false
            if not people:
                return
        yield _chosen(None, people, undecided)

    def _record(self, rule: Rule, outcome: Outcome, entries: list[Found]) -> None:
        """Add members to the entry of the rule that says the same, or to a new one."""
        kind, variant, people, undecided = outcome
        face = variant.face if variant else rule.face
        if face.each_dated and rule.person:
            dated = [
                (1 << one, deadline(face.deadline, self.view, one, self._catalogue))
                for one in members(people)
            ]
        else:
            dated = [(people, self._deadlines.get(id(face.deadline)) or self._until(face.deadline))]
        for those, until in dated:
            for entry in entries:
                if entry.variant is variant and entry.outcome == kind and entry.deadline.on == until.on:
                    break
            else:
                entry = Found(self.items, rule, kind, variant, until)
                entries.append(entry)
            entry.people |= those
            if undecided:
                entry.undecided += ((people, undecided),)

    def _until(self, spec: DeadlineSpec) -> Deadline:
        """The last day by a deadline that is the same for everybody."""
        until = self._deadlines[id(spec)] = deadline(spec, self.view, HOUSEHOLD, self._catalogue)
        return until


def _chosen(variant: Variant | None, people: int, undecided: tuple[Unsettled, ...]) -> Outcome:
    """A rule applies under a variant, or under an earlier one that is still undecided."""
    if undecided:
        return NEEDS_CONFIRMATION, None, people, undecided
    doubtful = variant is not None and variant.needs_confirmation
    return NEEDS_CONFIRMATION if doubtful else APPLIES, variant, people, ()


def _first(entry: Found) -> int:
    """Sorts the entries of a rule by their first members."""
    return entry.people & -entry.people
