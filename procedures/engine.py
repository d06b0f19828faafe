"""The engine: from a case and a catalogue to the guidance. Pure; the only time it knows is the case's own
date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from procedures.case import Case, CaseError, Fact
from procedures.catalogue import Catalogue, DeadlineSpec, Rule, Variant, starts
from procedures.conditions import HOUSEHOLD, Truth, both, members
from procedures.deadlines import deadline
from procedures.facts import CaseView
from procedures.guidance import Deadline, Guidance, Item, NotApplicable
from procedures.guidance_parts import Conflict
from procedures.items import Found, Items, Undecided, handling_order
from procedures.openings import Open, Openings
from procedures.questions import questions

EVENT_DATE = "event_date"
"""The fact that holds the day of the first life event of a case; those of the others are in Case.dates."""
APPLIES, MAY_APPLY, NEEDS_CONFIRMATION = "applies", "may_apply", "needs_confirmation"


class EventNotReady(CaseError):
    """The catalogue does not hold every rule of this life event yet, so an answer would be incomplete."""


def evaluate(case: Case, catalogue: Catalogue) -> Guidance:
    """The guidance for a case, by the catalogue that counts on its day (`catalogue.at`).

    Raises CaseError for facts that facts.yaml does not know or whose value does not fit, and
    EventNotReady for a life event whose rules are not complete. For a household of eight it takes between
    half a millisecond and two; what is only looked at when somebody asks (reasons, papers, the order of the
    questions) is worked out then. See docs/decisions/0024-sets-of-members.md.
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
    stages = {event: _Evaluation(_led_by(case, event, catalogue), catalogue) for event in case.events}
    for rule in catalogue.rules_for(case.events, case.date):
        first = case.event
        if first not in rule.events:
            first = next(event for event in case.also if event in rule.events)
        stages[first].take(rule)
    return _joined(list(stages.values()), case, catalogue)


def _led_by(case: Case, event: str, catalogue: Catalogue) -> Case:
    """The case as the rules of one of its events see it: that event first, with its own day."""
    if event == case.event:
        return case
    facts = dict(case.facts)
    if EVENT_DATE in catalogue.facts:
        facts[EVENT_DATE] = case.dates.get(event, Fact.declared_unknown("derived"))
    others = tuple(other for other in case.events if other != event)
    return replace(case, event=event, also=others, facts=facts)


def _joined(stages: list[_Evaluation], case: Case, catalogue: Catalogue) -> Guidance:
    """The guidance of all events of a case."""
    present = frozenset(entry.rule.id for stage in stages for entry in stage.found.values())
    items: dict[str, list[Item]] = {APPLIES: [], MAY_APPLY: [], NEEDS_CONFIRMATION: []}
    for stage in stages:
        for entry in stage.found.values():
            items[entry.outcome].append(stage.items.item(entry, present))
    for listed in items.values():
        listed.sort(key=handling_order)
    openings = [opening for stage in stages for opening in stage.openings]
    return Guidance(
        applies=tuple(items[APPLIES]),
        may_apply=tuple(items[MAY_APPLY]),
        needs_confirmation=tuple(items[NEEDS_CONFIRMATION]),
        not_applicable=tuple(entry for stage in stages for entry in stage.not_applicable),
        catalogue_version=catalogue.version,
        conflicts=tuple(stages[0].conflicts()),
        _questions=partial(questions, openings, stages[0].view, catalogue),
    )


class _Evaluation:
    """The rules of one event of a case, taken one after the other. Members are handled in sets, as in
    conditions.py; a rule that asks about the household holds for everybody or nobody.
    """

    def __init__(self, case: Case, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
        self._open = Openings(self.view, catalogue)
        self.items = Items(self.view, catalogue)
        self.openings: list[Open] = []
        self.found: dict[tuple[object, ...], Found] = {}
        self.not_applicable: list[NotApplicable] = []
        self._deadlines: dict[tuple[int, int], Deadline] = {}

    def take(self, rule: Rule) -> None:
        """Work a rule out for everybody."""
        true, false = rule.when.sets(self.view)
        before = len(self.found)
        if true and not rule.variants:
            self._record(rule, true, None, [])
        elif true:
            for group in self._open.groups(rule, true):
                self._branch(rule, group)
        for group in self._open.groups(rule, self.view.everybody & ~(true | false)):
            self._judge(rule, group)
        if len(self.found) == before:
            self.not_applicable.append(self.items.not_applicable(rule))

    def conflicts(self) -> Iterator[Conflict]:
        """The impossible combinations of facts that are there."""
        for one in self._catalogue.impossible:
            if one.events.isdisjoint(self.view.events):
                continue
            touched = one.when.sets(self.view)[0]
            if touched:
                yield Conflict(one.id, one.words, self.view.ids(touched) if one.person else ())

    def _judge(self, rule: Rule, people: int) -> None:
        """Record the outcome of a rule that is open for members whom it cannot tell apart, unless every
        continuation says that it does not apply.
        """
        opening = self._open.opened(rule, rule.when, people)
        if opening.analysis.certain is None:
            self._record(rule, people, None, [(rule.when, opening)])
        elif opening.analysis.certain:
            self._branch(rule, people)

    def _branch(self, rule: Rule, people: int) -> None:
        """Record a rule that applies to members whom it cannot tell apart, under its first variant that
        holds.
        """
        undecided: Undecided = []
        for variant in rule.variants:
            true, false = variant.when.sets(self.view)
            if people & false:
                continue
            if people & true:
                chosen: Truth = True
            else:
                opening = self._open.opened(rule, variant.when, people)
                chosen = opening.analysis.certain
                if chosen is None:
                    undecided.append((variant.when, opening))
            if chosen:
                if not undecided:
                    self._record(rule, people, variant, [])
                    return
                break
        self._record(rule, people, None, undecided, sure=True)

    def _record(
        self,
        rule: Rule,
        people: int,
        variant: Variant | None,
        undecided: Undecided,
        sure: bool = False,
    ) -> None:
        """`undecided` are the conditions still open; `sure` says that the rule applies and only its branch
        is open.
        """
        askable = [opening for _, opening in undecided if opening.analysis.live]
        self.openings += askable
        outcome = APPLIES
        if undecided:
            outcome = MAY_APPLY if askable and not sure else NEEDS_CONFIRMATION
        elif variant is not None and variant.needs_confirmation:
            outcome = NEEDS_CONFIRMATION
        face = variant.face if variant else rule.face
        for person in members(people) if rule.person and face.each_dated else (HOUSEHOLD,):
            until = self._until(face.deadline, person)
            if outcome != MAY_APPLY and until.kind == "unknown":
                self.openings += self._open.dated(rule, starts(face.deadline), person)
            named = (id(face), outcome, until.on, until.kind)
            entry = self.found.get(named)
            if entry is None:
                branch = [variant.when] if variant else [node for node, _ in undecided] if sure else []
                entry = self.found[named] = Found(rule, outcome, variant, until, both(rule.when, branch))
            entry.people |= people if person == HOUSEHOLD else 1 << person
            if undecided:
                entry.undecided.append((people, undecided))

    def _until(self, spec: DeadlineSpec, person: int) -> Deadline:
        """The last day by a deadline; worked out once unless it counts from a fact of the person."""
        until = self._deadlines.get((id(spec), person))
        if until is None:
            until = self._deadlines[id(spec), person] = deadline(spec, self.view, person, self._catalogue)
        return until
