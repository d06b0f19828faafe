"""The engine: from a case and a catalogue to the guidance. Pure; the only time it knows is the case's own
date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from procedures.case import Case, CaseError, Fact
from procedures.catalogue import Catalogue, Face, Rule, Variant, starts
from procedures.conditions import HOUSEHOLD, Age, Leaf, Members, Missing, Node, Truth, both
from procedures.deadlines import deadline
from procedures.facts import CaseView
from procedures.guidance import (
    GROUPS,
    Deadline,
    Deciding,
    Document,
    Guidance,
    Item,
    NotApplicable,
    Why,
)
from procedures.guidance_parts import Conflict
from procedures.questions import Open, dated, opened, questions
from procedures.reasons import Explainer
from procedures.text import Text
from procedures.twins import Twins

EVENT_DATE = "event_date"
"""The fact that holds the day of the first life event of a case; those of the others are in Case.dates."""
APPLIES, MAY_APPLY, NEEDS_CONFIRMATION = "applies", "may_apply", "needs_confirmation"

_NEEDED = ("yes", "no", "unknown")
_TO_CONFIRM = {
    "K": Text(
        "出典が未確認の規則です。担当課に確認してください。",
        "No source has been read for this rule; confirm it.",
    ),
    "U": Text(
        "新しい、または不確かな規則です。担当課に確認してください。", "A new or uncertain rule; confirm it."
    ),
}


class EventNotReady(CaseError):
    """The catalogue does not hold every rule of this life event yet, so an answer would be incomplete."""


@dataclass(slots=True)
class _Found:
    """Members for whom a rule has the same outcome, face and deadline."""

    rule: Rule
    outcome: str
    variant: Variant | None
    deadline: Deadline
    explained: Node
    people: list[int] = field(default_factory=list)
    deciding: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def face(self) -> Face:
        return self.variant.face if self.variant else self.rule.face


def evaluate(case: Case, catalogue: Catalogue) -> Guidance:
    """The guidance for a case, by the catalogue that counts on its day (`catalogue.at`).

    Raises CaseError for facts that facts.yaml does not know or whose value does not fit, and
    EventNotReady for a life event whose rules are not complete. Takes one to two milliseconds for a
    household of eight of whom everything is known, and up to ten when nothing is (the analysis of open
    conditions is kept in the catalogue; the very first such case takes a hundred).
    """
    if case.municipality != catalogue.municipality:
        raise CaseError("municipality", f"this catalogue is the one of {catalogue.municipality}")
    catalogue = catalogue.at(case.date)
    if not all(catalogue.ready(event) for event in case.events):
        raise EventNotReady("event", "the catalogue is not complete for this life event")
    stages = {event: _Evaluation(_led_by(case, event, catalogue), catalogue) for event in case.events}
    for rule in catalogue.rules_for(case.events, case.date):
        stages[next(event for event in case.events if event in rule.events)].take(rule)
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
            items[entry.outcome].append(stage.item(entry, present))
    for listed in items.values():
        listed.sort(key=_handling_order)
    openings = [opening for stage in stages for opening in stage.openings]
    return Guidance(
        applies=tuple(items[APPLIES]),
        may_apply=tuple(items[MAY_APPLY]),
        needs_confirmation=tuple(items[NEEDS_CONFIRMATION]),
        not_applicable=tuple(entry for stage in stages for entry in stage.not_applicable),
        questions=questions(openings, stages[0].view, catalogue),
        catalogue_version=catalogue.version,
        conflicts=tuple(stages[0].conflicts()),
    )


class _Evaluation:
    """The rules of one event of a case, taken one after the other."""

    def __init__(self, case: Case, catalogue: Catalogue) -> None:
        self._case = case
        self._catalogue = catalogue
        self.view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
        self._explainer = Explainer(self.view, catalogue)
        self._twins = Twins(self.view, catalogue.tests)
        self.openings: list[Open] = []
        self.found: dict[tuple[object, ...], _Found] = {}
        self.not_applicable: list[NotApplicable] = []
        self._deadlines: dict[tuple[int, int], Deadline] = {}
        self._everyone = list(range(len(case.household)))

    def take(self, rule: Rule) -> None:
        """Work a rule out for everybody."""
        people = self._everyone if rule.person else [HOUSEHOLD]
        sure, unsure = self._sorted(rule, people)
        for person in sure:
            self._branch(rule, [person], self.found)
        touched = bool(sure)
        for group in self._twins.groups(rule, unsure) if rule.person else [unsure] if unsure else ():
            touched |= self._judge(rule, group, self.found)
        if not touched:
            why = partial(self._why_not, rule, people)
            self.not_applicable.append(NotApplicable(rule.id, rule.face.name, why))

    def conflicts(self) -> Iterator[Conflict]:
        """The impossible combinations of facts that are there."""
        for one in self._catalogue.impossible:
            if one.events.isdisjoint(self.view.events):
                continue
            people = self._everyone if one.person else [HOUSEHOLD]
            touched = [person for person in people if one.when.truth(self.view, person) is True]
            if touched:
                yield Conflict(one.id, one.words, self._ids(touched))

    def _sorted(self, rule: Rule, people: list[int]) -> tuple[list[int], list[int]]:
        """The members for whom a rule holds, and those for whom it is open."""
        sure: list[int] = []
        unsure: list[int] = []
        for person in people:
            truth = rule.when.truth(self.view, person)
            if truth is not False:
                (unsure if truth is None else sure).append(person)
        return sure, unsure

    def _judge(self, rule: Rule, people: list[int], found: dict[tuple[object, ...], _Found]) -> bool:
        """Record the outcome of a rule that is open for members whom it cannot tell apart; False when every
        continuation says that it does not apply.
        """
        truth, opening = self._settle(rule, rule.when, people)
        if truth is None:
            self._record(rule, people, found, None, [(rule.when, opening)])
        elif truth is True:
            self._branch(rule, people, found)
        return truth is not False

    def _branch(self, rule: Rule, people: list[int], found: dict[tuple[object, ...], _Found]) -> None:
        """Record a rule that applies, under its first variant that holds."""
        undecided: list[tuple[Node, Open | None]] = []
        for variant in rule.variants:
            chosen, opening = self._settle(rule, variant.when, people)
            if chosen is True:
                if not undecided:
                    self._record(rule, people, found, variant, [])
                    return
                break
            if chosen is None:
                undecided.append((variant.when, opening))
        self._record(rule, people, found, None, undecided, sure=True)

    def _settle(self, rule: Rule, node: Node, people: list[int]) -> tuple[Truth, Open | None]:
        """The truth of a condition; when unknown, what could still change it."""
        truth = node.truth(self.view, people[0])
        if truth is not None:
            return truth, None
        opening = opened(rule, node, people, self.view, self._catalogue.analyst)
        return opening.analysis.certain, opening

    def _record(
        self,
        rule: Rule,
        people: list[int],
        found: dict[tuple[object, ...], _Found],
        variant: Variant | None,
        undecided: list[tuple[Node, Open | None]],
        sure: bool = False,
    ) -> None:
        """`undecided` are the conditions still open; `sure` says that the rule applies and only its branch
        is open.
        """
        askable = False
        deciding: dict[str, dict[int, str]] = {}
        for _, opening in undecided:
            if opening is not None and opening.live:
                self.openings.append(opening)
                askable = True
                for fact, home in opening.live:
                    deciding.setdefault(fact, {})[home] = Missing.UNASKED.value
        if not askable:
            for node, _ in undecided:
                for person in people:
                    self._unknown_leaves(node, person, deciding)
        outcome = APPLIES
        if undecided:
            outcome = MAY_APPLY if askable and not sure else NEEDS_CONFIRMATION
        elif variant is not None and variant.needs_confirmation:
            outcome = NEEDS_CONFIRMATION
        face = variant.face if variant else rule.face
        personal = any(self.view.home(start, 0) == 0 for start in starts(face.deadline))
        for same in [[person] for person in people] if personal else [people]:
            until = self._until(face, same[0])
            if outcome != MAY_APPLY and until.kind == "unknown":
                self.openings += dated(rule, starts(face.deadline), same[0], self.view)
            key = (rule.version, outcome, variant.id if variant else None, until.on, until.kind)
            entry = found.get(key)
            if entry is None:
                branch = [variant.when] if variant else [node for node, _ in undecided] if sure else []
                entry = found[key] = _Found(rule, outcome, variant, until, both(rule.when, branch))
            entry.people += same
            for fact, states in deciding.items():
                entry.deciding.setdefault(fact, {}).update(states)

    def _until(self, face: Face, person: int) -> Deadline:
        """The deadline of a face; worked out once unless it counts from a fact of the person."""
        homes = [self.view.home(start, person) for start in starts(face.deadline)]
        key = (id(face), max(homes, default=HOUSEHOLD))
        until = self._deadlines.get(key)
        if until is None:
            until = self._deadlines[key] = deadline(face.deadline, self.view, person, self._catalogue)
        return until

    def _unknown_leaves(self, node: Node, person: int, deciding: dict[str, dict[int, str]]) -> None:
        """The facts that leave a condition unknown although nobody can be asked about them."""
        if node.truth(self.view, person) is not None:
            return
        if isinstance(node, Leaf):
            home = HOUSEHOLD if node.household else person
            fact, value = node.fact, self.view.value(node.fact, home)
            if isinstance(node, Age) and node.at is not None and not isinstance(value, Missing):
                fact, home = node.at, self.view.home(node.at, person)
                value = self.view.value(fact, home)
            derive = self._catalogue.facts[fact].derive
            if value is Missing.OPEN and derive is not None:
                self._unknown_leaves(derive, home, deciding)
                return
            if value is Missing.UNASKED:
                return  # not asked because what it depends on is unknown, and that is named itself
            state = value.value if isinstance(value, Missing) else "incomplete"
            deciding.setdefault(fact, {})[home] = state
            return
        members = range(len(self._case.household)) if isinstance(node, Members) else [person]
        for part in node.parts():
            for member in members:
                self._unknown_leaves(part, member, deciding)

    def item(self, entry: _Found, present: frozenset[str]) -> Item:
        """What the guidance says of an entry; `present` are the rules that came out."""
        rule, face = entry.rule, entry.face
        entry.people.sort()
        today = self._case.date
        until = entry.deadline
        must_today = face.group == "today" or (
            until.on is not None
            and not face.optional
            and face.klass not in ("D", "E")
            and self._catalogue.calendar.is_last_chance(today, until.on)
        )
        return Item(
            procedure_id=rule.id,
            variant=entry.variant.id if entry.variant else None,
            name=face.name,
            person_ids=self._ids(entry.people),
            reason=face.reason,
            deciding=self._deciding(entry),
            documents=tuple(self._documents(face, entry.people)),
            department=face.department,
            deadline=until,
            applicants=face.applicants,
            legal_basis=face.legal_basis,
            klass=face.klass,
            variance=rule.variance,
            confidence=rule.confidence,
            optional=face.optional,
            confidential=rule.confidential,
            must_today=must_today,
            group="today" if must_today else face.group,
            order=face.order,
            note=face.note,
            rule_version=rule.version,
            fee=face.fee,
            forms=face.forms,
            lost_if_missed=face.lost_if_missed,
            to_confirm=face.confirm or _TO_CONFIRM.get(rule.confidence),
            confirmed=rule.confirmed,
            needs_juki_net=rule.needs_juki_net,
            bundled=tuple(name for name in rule.bundles if name in present),
            _why=self._why(entry.explained, entry.people),
        )

    def _deciding(self, entry: _Found) -> tuple[Deciding, ...]:
        grouped: dict[tuple[str, str], list[int]] = {}
        for fact, states in entry.deciding.items():
            for person, state in sorted(states.items()):
                grouped.setdefault((fact, state), []).append(person)
        facts = self._catalogue.facts
        return tuple(
            Deciding(fact, facts[fact].label, self._ids(people), state)
            for (fact, state), people in grouped.items()
        )

    def _why(self, node: Node, people: list[int]) -> Callable[[], tuple[Why, ...]]:
        def build() -> tuple[Why, ...]:
            return tuple(
                Why(
                    None if person == HOUSEHOLD else self._case.household[person].id,
                    self._explainer.because(node, person),
                    self._explainer.tree(node, person),
                )
                for person in people
            )

        return build

    def _why_not(self, rule: Rule, people: list[int]) -> Text:
        for node, words in rule.not_needed:
            if any(node.truth(self.view, person) is True for person in people):
                return words
        return self._explainer.failing(rule.when, people)

    def _documents(self, face: Face, people: list[int]) -> list[Document]:
        documents = []
        for spec in face.documents:
            states: dict[tuple[str, Text | None], list[int]] = {}
            for person in people:
                wanted = True if spec.when is None else spec.when.truth(self.view, person)
                if wanted is False:
                    continue
                state = "yes" if wanted else "unknown", spec.note
                for condition, words in spec.unnecessary_when:
                    spared = condition.truth(self.view, person)
                    if spared is True:
                        state = "no", words
                        break
                    if spared is None:
                        state = "unknown", spec.note
                states.setdefault(state, []).append(person)
            for (needed, note), members in sorted(
                states.items(), key=lambda entry: _NEEDED.index(entry[0][0])
            ):
                documents.append(Document(spec.id, spec.name, needed, self._ids(members), note))
        return documents

    def _ids(self, people: list[int]) -> tuple[str, ...]:
        return tuple(self._case.household[person].id for person in people if person != HOUSEHOLD)


def _handling_order(item: Item) -> tuple[int, bool, int, str, str]:
    until = item.deadline.on.isoformat() if item.deadline.on else "9999"
    pinned = item.lost_if_missed is not None and item.group == "today"
    return GROUPS.index(item.group), not pinned, item.order, until, item.procedure_id
