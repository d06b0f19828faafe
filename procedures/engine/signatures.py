"""Whether the person at the counter may apply and sign, or what takes the signature's place."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from procedures.engine.guidance import Applicant, Item

PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class Signing:
    """kind: here (the person present signs) | letter (委任状: only as a proxy) | later (後日提出: nobody
    present may, or it cannot end today). `applicant` is the entry of the rule that decides it, None when
    the rule names nobody who is there.
    """

    kind: str
    applicant: Applicant | None


def signing(item: Item, roles: Mapping[str, Set[str]]) -> Signing:
    """How an item can be signed by the person present.

    `roles` says for each person of the item what the person present is to them, as codes of codes.yaml
    (self, household, guardian, claimant …); the key "" stands for the household. Nobody's proxy needs to
    be named: without another role a proxy is what is left. For several people the hardest answer counts.
    An item that names no applicants is signed by anybody.
    """
    if not item.applicants:
        return Signing("here", None)
    found = [_for(item, roles.get(person, frozenset())) for person in item.person_ids or ("",)]
    return max(found, key=lambda one: ("here", "letter", "later").index(one.kind))


def by_answer(item: Item, roles: Mapping[str, Set[str]]) -> tuple[tuple[Item, Signing], ...]:
    """The item with its answer; where its people have different ones, a part of it for each, the easiest
    first: one may sign today what the others hand in later.
    """
    kinds: dict[str, list[str]] = {"here": [], "letter": [], "later": []}
    for person in item.person_ids:
        kinds[_for(item, roles.get(person, frozenset())).kind if item.applicants else "here"].append(person)
    # Documents and reasons of a part still name everybody.
    parts = [replace(item, person_ids=tuple(people)) for people in kinds.values() if people]
    return tuple((part, signing(part, roles)) for part in (parts if len(parts) > 1 else [item]))


def _for(item: Item, roles: Set[str]) -> Signing:
    own = [one for one in item.applicants if one.who in roles and one.who != PROXY]
    proxies = [one for one in item.applicants if one.who == PROXY]
    for kind, listed in (("here", own), ("letter", proxies)):
        for one in listed:
            if one.same_day:
                return Signing(kind, one)
    return Signing("later", next(iter([*own, *proxies]), None))
