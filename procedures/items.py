"""What the guidance says of one outcome of one rule: its people, deadline, papers and reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from procedures.catalogue import Catalogue, DocumentSpec, Face, Rule, Variant
from procedures.conditions import HOUSEHOLD, Node, members
from procedures.facts import PERSON, CaseView
from procedures.guidance import GROUPS, Deadline, Deciding, Document, Item
from procedures.reasons import Explainer
from procedures.text import Text

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
Deciders = dict[str, dict[str, int]]
"""The facts that keep something open, by the state in which they are, with the members whose they are."""


@dataclass(slots=True)
class Found:
    """Members for whom a rule has the same outcome, face and deadline; everybody for a rule that asks about
    the household. `explained` is the condition that says why.
    """

    rule: Rule
    outcome: str
    variant: Variant | None
    deadline: Deadline
    explained: Node
    people: int = 0
    deciding: Deciders = field(default_factory=dict)

    @property
    def face(self) -> Face:
        """What the procedure looks like here."""
        return self.variant.face if self.variant else self.rule.face


class Items:
    """Makes the items of one case."""

    def __init__(self, view: CaseView, catalogue: Catalogue, explainer: Explainer) -> None:
        self._view = view
        self._catalogue = catalogue
        self._explainer = explainer

    def item(self, entry: Found, present: frozenset[str]) -> Item:
        """What the guidance says of an entry; `present` are the rules that came out."""
        rule, face = entry.rule, entry.face
        until = entry.deadline
        must_today = face.group == "today" or (
            until.on is not None
            and not face.optional
            and face.klass not in ("D", "E")
            and self._catalogue.calendar.is_last_chance(self._view.date, until.on)
        )
        people = members(entry.people) if rule.person else (HOUSEHOLD,)
        return Item(
            procedure_id=rule.id,
            variant=entry.variant.id if entry.variant else None,
            name=face.name,
            person_ids=self._view.ids(entry.people) if rule.person else (),
            reason=face.reason,
            deciding=self._deciding(entry.deciding) if entry.deciding else (),
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
            bundled=tuple([name for name in rule.bundles if name in present]),
            _documents=partial(_documents, face, entry.people, rule.person, self._view),
            _why=partial(self._explainer.why, entry.explained, people),
        )

    def _deciding(self, deciding: Deciders) -> tuple[Deciding, ...]:
        facts = self._catalogue.facts
        return tuple(
            [
                Deciding(
                    fact,
                    facts[fact].label,
                    self._view.ids(people) if facts[fact].scope == PERSON else (),
                    state,
                )
                for fact, states in deciding.items()
                for state, people in sorted(states.items(), key=_first)
            ]
        )


def _first(entry: tuple[str, int]) -> int:
    """Sorts sets by their first members."""
    return entry[1] & -entry[1]


def _documents(face: Face, people: int, personal: bool, view: CaseView) -> tuple[Document, ...]:
    return tuple(
        Document(spec.id, spec.name, needed, view.ids(those) if personal else (), note)
        for spec in face.documents
        for (needed, note), those in sorted(
            _states(spec, people, view).items(),
            key=lambda state: (_NEEDED.index(state[0][0]), state[1] & -state[1]),
        )
        if those
    )


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


def handling_order(item: Item) -> tuple[int, bool, int, str, str]:
    """Sorts items as the counter should handle them."""
    until = item.deadline.on.isoformat() if item.deadline.on else "9999"
    pinned = item.lost_if_missed is not None and item.group == "today"
    return GROUPS.index(item.group), not pinned, item.order, until, item.procedure_id
