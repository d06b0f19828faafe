"""Why a rule applies, may apply, or does not: the rule's own conditions as a tree, and one sentence from
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from procedures.engine.catalogue import Catalogue, Rule
from procedures.engine.guidance import Reason, Why
from procedures.logic.conditions import (
    HOUSEHOLD,
    All,
    Any,
    Event,
    Leaf,
    Members,
    Missing,
    Node,
    Not,
    Truth,
    walk,
)
from procedures.logic.facts import CaseView
from procedures.logic.words import found, opposite, required
from procedures.terms.dates import PartialDate
from procedures.terms.text import Text, joined

_RESULT = {True: "true", False: "false", None: "unknown"}
_JOIN = {
    "all": Text("次のすべて", "all of these"),
    "any": Text("次のいずれか", "any of these"),
    "not": Text("次に当てはまらない", "not this"),
}
# What is said of the household when a condition on its members fails.
_DENIED = {"any_member": "no_member", "no_member": "any_member"}


class Explainer:
    """Explains the conditions of one case."""

    def __init__(self, view: CaseView, catalogue: Catalogue) -> None:
        self._view = view
        self._specs = catalogue.facts
        self._codes = catalogue.codes

    def tree(self, node: Node, person: int) -> Reason:
        """The condition with results, facts, values and sources."""
        truth = _RESULT[node.truth(self._view, person)]
        if isinstance(node, Leaf):
            return self._leaf(node, person, truth)
        if isinstance(node, Event):
            words = required(node, self._specs, self._codes)
            return Reason("event", truth, words, found=self._events)
        if isinstance(node, Members):
            return self._members(node, truth)
        if isinstance(node, Not) and isinstance(node.part, Leaf):
            below = self._leaf(node.part, person, truth)
            words = self.opposite(node.part)
            return Reason(
                "fact", truth, words, below.found, below.fact, below.person_id, below.value, below.source
            )
        kind = "all" if isinstance(node, All) else "any" if isinstance(node, Any) else "not"
        return Reason(
            kind, truth, _JOIN[kind], children=tuple(self.tree(part, person) for part in node.parts())
        )

    @property
    def _events(self) -> Text:
        names = [self._codes.events[event].name.text() for event in self._view.case.events]
        return joined(names, "・", " and ")

    def _leaf(self, leaf: Leaf, person: int, truth: str) -> Reason:
        home = HOUSEHOLD if leaf.household else person
        value = self._view.value(leaf.fact, home)
        spec = self._specs[leaf.fact]
        children: tuple[Reason, ...] = ()
        if spec.derive is not None:
            children = (self.tree(spec.derive, home),)
        text = found(leaf, spec, value, self._view.date)
        presumption = self._view.presumption(leaf.fact, home)
        if presumption is not None:
            text = Text(f"{text.ja}（{presumption.reason.ja}）", f"{text.en} ({presumption.reason.en})")
        plain = (
            None if isinstance(value, Missing) else str(value) if isinstance(value, PartialDate) else value
        )
        return Reason(
            kind="fact",
            result=truth,
            required=required(leaf, self._specs, self._codes),
            found=text,
            fact=leaf.fact,
            person_id=self._person(home),
            value=plain,
            source=None if plain is None else self._view.source(leaf.fact, home),
            children=children,
        )

    def _members(self, node: Members, truth: str) -> Reason:
        children = []
        for index in range(self._view.size):
            below = self.tree(node.where, index)
            parts = below.children if below.kind in ("all", "any") else (below,)
            children.append(
                Reason(
                    "member",
                    below.result,
                    self.words(node.where),
                    person_id=self._person(index),
                    children=parts,
                )
            )
        denied = self.opposite(node) if truth == "false" else None
        return Reason("members", truth, self._members_words(node), denied, children=tuple(children))

    def _members_words(self, node: Members) -> Text:
        if node.kind == "all_members" and isinstance(node.where, Not):
            inner = self.words(node.where.part)
            return Text(f"世帯の全員が「{inner.ja}」", f"everybody: {inner.en}")
        inner = self.words(node.where)
        if node.kind == "any_member":
            return Text(f"世帯に「{inner.ja}」方がいる", f"somebody in the household: {inner.en}")
        if node.kind == "no_member":
            return Text(f"世帯に「{inner.ja}」方がいない", f"nobody in the household: {inner.en}")
        bounds = f"{node.low}人以上" if node.low is not None else f"{node.high}人以下"
        bounds_en = f"at least {node.low}" if node.low is not None else f"at most {node.high}"
        return Text(f"世帯に「{inner.ja}」方が{bounds}", f"{bounds_en} in the household: {inner.en}")

    def words(self, node: Node) -> Text:
        """A condition in one line."""
        if isinstance(node, Leaf | Event):
            return required(node, self._specs, self._codes)
        if isinstance(node, Members):
            return self._members_words(node)
        if isinstance(node, Not):
            return self.opposite(node.part)
        parts = [self.words(part) for part in node.parts()]
        if isinstance(node, All):
            return joined(parts, "、", " and ")
        bracketed = [
            Text(f"（{words.ja}）", f"({words.en})") if isinstance(part, All) else words
            for part, words in zip(node.parts(), parts, strict=True)
        ]
        return joined(bracketed, "または", " or ")

    def opposite(self, node: Node) -> Text:
        """The opposite of a condition in one line."""
        if isinstance(node, Members) and node.kind in _DENIED:
            return self._members_words(replace(node, kind=_DENIED[node.kind]))
        plain = opposite(node, self._specs, self._codes) if isinstance(node, Leaf) else None
        if plain is not None:
            return plain
        inner = self.words(node)
        return Text(f"「{inner.ja}」ではない", f"not ({inner.en})")

    def _person(self, person: int) -> str | None:
        return None if person == HOUSEHOLD else self._view.case.household[person].id

    def why(self, node: Node, people: Sequence[int]) -> tuple[Why, ...]:
        """A condition for each of these members, or for the HOUSEHOLD."""
        return tuple(
            Why(self._person(person), self.because(node, person), self.tree(node, person))
            for person in people
        )

    def why_not(self, rule: Rule) -> Text:
        """Why a rule concerns nobody: in its own words where it has some for the case."""
        people = range(self._view.size) if rule.person else (HOUSEHOLD,)
        for node, words in rule.not_needed:
            if any(node.truth(self._view, person) is True for person in people):
                return words
        return self.failing(rule.when, people)

    def because(self, node: Node, person: int) -> Text:
        """One sentence of what was found that decides the condition (or leaves it open). What goes without
        saying in this life event is left to the tree: in a removal nobody is told to be alive.
        """
        reason = self.tree(node, person)
        if not reason.children and not reason.found:
            return reason.required
        said = list(_decisive(reason))
        told = [words for one, words in said if not self._goes_without_saying(one)]
        return joined(told or [words for _, words in said])

    def _goes_without_saying(self, reason: Reason) -> bool:
        """Whether it was presumed from the life event alone, and from no fact."""
        people = self._view.case.household
        home = next((i for i, one in enumerate(people) if one.id == reason.person_id), HOUSEHOLD)
        presumption = self._view.presumption(reason.fact or "", home)
        return presumption is not None and not any(isinstance(one, Leaf) for one in walk(presumption.when))

    def failing(self, node: Node, people: Sequence[int]) -> Text:
        """Why the condition holds for none of these: the requirement at which those who came furthest
        failed.
        """
        blamed = [self._blame(node, person) for person in people]
        furthest = max(step for step, _ in blamed)
        words = joined([text for step, text in blamed if step == furthest], "／", " / ")
        if HOUSEHOLD in people:
            return Text(f"「{words.ja}」に当てはまりません。", f"Not met: {words.en}.")
        return Text(f"「{words.ja}」に当てはまる方がいません。", f"Nobody meets: {words.en}.")

    def _blame(self, node: Node, person: int) -> tuple[int, Text]:
        if isinstance(node, All):
            for step, part in enumerate(node.of):
                if part.truth(self._view, person) is False:
                    return step, self.words(part)
        return 0, self.words(node)


def _decisive(reason: Reason) -> Iterator[tuple[Reason, Text]]:
    """What decides, with the words for it."""
    if reason.kind in ("fact", "event"):
        if reason.found is not None:
            yield reason, reason.found
        return
    if reason.kind == "members":
        same = [child for child in reason.children if child.result == reason.result] or list(reason.children)
        if reason.result == "unknown":
            for child in same:
                yield from _decisive(child)
        else:
            yield reason, reason.found or reason.required
        return
    wanted: Truth = {"true": True, "false": False}.get(reason.result)
    children = [child for child in reason.children if child.result == _RESULT[wanted]]
    if (reason.kind, wanted) in (("any", True), ("all", False)):
        children = children[:1]
    for child in children or reason.children:
        yield from _decisive(child)
