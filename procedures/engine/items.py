"""What the guidance says of one outcome of one rule: its people, deadline, papers and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from procedures.engine.catalogue import Catalogue, DocumentSpec, Face, Fixed, Rule, Variant, starts
from procedures.engine.guidance import GROUPS, Deadline, Deciding, Document, Item, NotApplicable, Why
from procedures.engine.openings import Open, asked, dated
from procedures.engine.reasons import Explainer
from procedures.logic.analysis import Unsettled
from procedures.logic.conditions import HOUSEHOLD, Leaf, Members, Missing, Node, both, members
from procedures.logic.facts import PERSON, CaseView
from procedures.logic.residual import blamed
from procedures.terms.text import Text

_TO_CONFIRM = {
    "K": Text(
        "出典が未確認の規則です。担当課に確認してください。",
        "No source has been read for this rule; confirm it.",
    ),
    "U": Text(
        "新しい、または不確かな規則です。担当課に確認してください。", "A new or uncertain rule; confirm it."
    ),
}
_NEEDED = ("yes", "no", "unknown")


@dataclass(slots=True)
class Found:
    """Members for whom a rule has the same outcome, face and deadline; everybody for a rule that asks about
    the household. `undecided` are the conditions that are still open, each time with those for whom. What an
    item says of it only when somebody reads it is worked out here.
    """

    items: Items
    rule: Rule
    outcome: str
    variant: Variant | None
    deadline: Deadline
    people: int = 0
    undecided: tuple[tuple[int, tuple[Unsettled, ...]], ...] = ()

    @property
    def face(self) -> Face:
        """What the procedure looks like here."""
        return self.variant.face if self.variant else self.rule.face

    @property
    def explained(self) -> Node:
        """The condition that says why."""
        if self.variant:
            return both(self.rule.when, [self.variant.when])
        open_ = [part.node for part in self.undecided[0][1]] if self.undecided else []
        return both(self.rule.when, [node for node in open_ if node is not self.rule.when])

    def openings(self) -> Iterator[Open]:
        """What is worth asking about it, the start of its deadline included."""
        view = self.items.view
        for people, undecided in self.undecided:
            those, times = (people, people.bit_count()) if self.rule.person else (0, 1)
            for part in undecided:
                if part.analysis.live:
                    yield Open(self.rule, part.analysis, part.facts, those, times, view.everybody)
        if self.outcome != "may_apply" and self.deadline.kind == "unknown":
            face = self.face
            for person in members(self.people) if self.rule.person and face.each_dated else (HOUSEHOLD,):
                yield from dated(self.rule, starts(face.deadline), view, person)

    def why(self) -> tuple[Why, ...]:
        """See Item."""
        people = members(self.people) if self.rule.person else (HOUSEHOLD,)
        return self.items.explainer.why(self.explained, people)

    def deciding(self) -> tuple[Deciding, ...]:
        """See Item."""
        view = self.items.view
        facts: dict[tuple[str, str], int] = {}
        for people, undecided in self.undecided:
            for fact, state, those in _deciding(view, people, self.rule.person, undecided):
                facts[fact, state] = facts.get((fact, state), 0) | those
        specs = view.specs
        return tuple(
            Deciding(fact, specs[fact].label, view.ids(those) if specs[fact].scope == PERSON else (), state)
            for (fact, state), those in facts.items()
        )

    def documents(self) -> tuple[Document, ...]:
        """See Item."""
        view = self.items.view
        return tuple(
            Document(spec.id, spec.name, needed, view.ids(those) if self.rule.person else (), note)
            for spec in self.face.documents
            for (needed, note), those in sorted(_states(spec, self.people, view).items(), key=_by_need)
            if those
        )


class Items:
    """Makes the items of one case."""

    def __init__(self, view: CaseView, catalogue: Catalogue) -> None:
        self.view = view
        self.explainer = Explainer(view, catalogue)
        self._fixed = catalogue.memory.fixed
        self._next_open = catalogue.calendar.open_after(view.date)

    def not_applicable(self, rule: Rule) -> NotApplicable:
        """A rule that concerns nobody."""
        why = partial(self.explainer.why_not, rule)
        return NotApplicable(procedure_id=rule.id, name=rule.face.name, _why=why)

    def item(self, entry: Found, present: frozenset[str]) -> Item:
        """What the guidance says of an entry; `present` are the rules that came out."""
        rule, face, until = entry.rule, entry.face, entry.deadline
        fixed = self._fixed.get(id(face))
        if fixed is None:
            fixed = self._fixed[id(face)] = _fixed(rule, entry.variant)
        fields = fixed.fields.copy()
        fields["person_ids"] = self.view.ids(entry.people) if rule.person else ()
        fields["deadline"] = until
        if fixed.pressing and until.on is not None and self._next_open > until.on:
            fields["group"] = "today"
        fields["must_today"] = fields["group"] == "today"
        if rule.bundles:
            fields["bundled"] = tuple([name for name in rule.bundles if name in present])
        fields["_details"] = entry
        return Item.of(fields)


def _fixed(rule: Rule, variant: Variant | None) -> Fixed:
    face = variant.face if variant else rule.face
    fields = {
        "procedure_id": rule.id,
        "variant": variant.id if variant else None,
        "name": face.name,
        "person_ids": (),
        "reason": face.reason,
        "department": face.department,
        "deadline": None,
        "applicants": face.applicants,
        "legal_basis": face.legal_basis,
        "klass": face.klass,
        "variance": rule.variance,
        "confidence": rule.confidence,
        "optional": face.optional,
        "confidential": rule.confidential,
        "must_today": False,
        "group": face.group,
        "order": face.order,
        "note": face.note,
        "rule_version": rule.version,
        "fee": face.fee,
        "forms": face.forms,
        "lost_if_missed": face.lost_if_missed,
        "to_confirm": face.confirm or _TO_CONFIRM.get(rule.confidence),
        "confirmed": rule.confirmed,
        "needs_juki_net": rule.needs_juki_net,
        "bundled": (),
        "_details": None,
    }
    return Fixed(fields, not face.optional and face.klass not in ("D", "E"))


def _deciding(
    view: CaseView, people: int, personal: bool, undecided: tuple[Unsettled, ...]
) -> Iterator[tuple[str, str, int]]:
    """The facts that keep conditions open, each with its state and the members whose it is: those that can
    be asked for, otherwise those that are unknown for good.
    """
    askable = [part for part in undecided if part.analysis.live]
    for part in askable:
        for fact, those in asked(part.facts, people if personal else 0, view.everybody).items():
            yield fact, Missing.UNASKED.value, those
    if not askable:
        for part in undecided:
            yield from _unknown(part.node, view, people)


def _unknown(node: Node, view: CaseView, people: int) -> Iterator[tuple[str, str, int]]:
    true, false = node.sets(view)
    people &= ~(true | false)
    if not people:
        return
    if isinstance(node, Leaf):
        for person in (HOUSEHOLD,) if node.household else members(people):
            yield from _unknown_fact(node, view, person)
    around = view.everybody if isinstance(node, Members) else people
    for part in node.parts():
        yield from _unknown(part, view, around)


def _unknown_fact(leaf: Leaf, view: CaseView, person: int) -> Iterator[tuple[str, str, int]]:
    fact, home, value = blamed(leaf, view, person)
    derive = view.specs[fact].derive
    those = view.everybody if home == HOUSEHOLD else 1 << home
    if value is Missing.OPEN and derive is not None:
        yield from _unknown(derive, view, those)
    elif value is not Missing.UNASKED:  # what an unasked fact depends on is unknown, and named itself
        yield fact, value.value if isinstance(value, Missing) else "incomplete", those


def _by_need(state: tuple[tuple[str, Text | None], int]) -> tuple[int, int]:
    (needed, _), those = state
    return _NEEDED.index(needed), those & -those


def _states(spec: DocumentSpec, people: int, view: CaseView) -> dict[tuple[str, Text | None], int]:
    """Who needs a document, does not, or may, with the words that go with it."""
    true, false = (people, 0) if spec.when is None else spec.when.sets(view)
    wanted, unknown = people & ~false, people & ~(true | false)
    states: dict[tuple[str, Text | None], int] = {}
    for condition, words in spec.unnecessary_when:
        spared, kept = condition.sets(view)
        states["no", words] = states.get(("no", words), 0) | wanted & spared
        wanted &= ~spared
        unknown |= ~(spared | kept)
    states["unknown", spec.note] = wanted & unknown
    states["yes", spec.note] = wanted & ~unknown
    return states


def handling_order(item: Item) -> tuple[int, bool, int, date, str]:
    """Sorts items as the counter should handle them."""
    pinned = item.lost_if_missed is not None and item.group == "today"
    return GROUPS.index(item.group), not pinned, item.order, item.deadline.on or date.max, item.procedure_id
