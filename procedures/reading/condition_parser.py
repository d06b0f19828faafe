"""Reads the condition language of the YAML files into compiled conditions; every fault is reported with
its line.

moves                                  a yes_no fact is true          not: moves
{ins: kokuho}   {nat: [a, b]}          the fact is (one of) ...       {dis_cert: {has: shintai}}
{birth: {legal_age: {at_least: 65}}}   ages: see dates.AGE_KINDS; bounds at_least, at_most, less_than,
more_than, is; {..., at: event_date} counts on that day instead of the day of filing
{event_date: {days_ago: {at_most: 90}}}   days (or months: months_ago) from a date to the day of filing;
days_until and months_until count the other way
{event_date: {on_or_after: 2026-04-01}}   {event_date: {before: 2026-04-01}}
{event_date: {within: {days: 14}}}     the period is not over yet; keys as in deadlines (schema.PeriodModel)
true                                   always
{stay_years: {at_least: 3}}            numbers
{event: [MOVE, BIRTH]}                 the life event
{all: [...]}  {any: [...]}  {not: ...}
{any_member: C}  {no_member: C}  {all_members: C}  {count_members: {where: C, at_least: 2}}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any as Raw

from procedures.logic.conditions import (
    Age,
    All,
    Any,
    Between,
    Dated,
    Event,
    Has,
    Is,
    Members,
    Node,
    Not,
    OnDate,
    OnMonth,
    Within,
)
from procedures.reading.yaml_lines import Located, Place, Problem, validated
from procedures.schema.rules import PeriodModel
from procedures.terms.dates import AGE_KINDS


@cache
def _node(kind: type[Node], *arguments: Raw) -> Node:
    """Equal conditions are one node: it is worked out once in a case, however many rules hold it, and the
    analysis of open facts sees that equal tests go together.
    """
    return kind(*arguments)


_COUNTED = {"days_ago": OnDate, "days_until": OnDate, "months_ago": OnMonth, "months_until": OnMonth}
_BOUNDS = {"at_least", "at_most", "less_than", "more_than", "is"}


class Parser:
    """Parses conditions of one file against the known facts; collects problems instead of stopping at the
    first.
    """

    def __init__(
        self,
        source: Located,
        facts: Mapping[str, Mapping[str, Raw]],
        events: Mapping[str, Raw],
        groups: Mapping[str, list[str]] | None = None,
    ) -> None:
        """`facts` maps a name to at least {scope, type, choices}; `events` is keyed by event code, `groups`
        names several codes at once.
        """
        self.source = source
        self._facts = facts
        self._events = events
        self._groups = groups or {}
        self.problems: list[Problem] = []
        self.used: dict[str, Place] = {}

    def parse(self, raw: Raw, place: Place, scope: str) -> Node:
        """One condition; `scope` (person | household) says whether facts of a person may stand outside
        quantifiers.

        A faulty condition is recorded in `problems` and answered with one that never holds.
        """
        if isinstance(raw, str):
            return self._fact(raw, True, place, scope)
        if raw is True:
            return _node(All, ())
        if not isinstance(raw, Mapping) or len(raw) != 1:
            return self.fault(place, "a condition is a fact's name or a mapping with one key")
        key, body = next(iter(raw.items()))
        below = (*place, key)
        if key in ("all", "any"):
            if not isinstance(body, list) or not body:
                return self.fault(below, f"`{key}` needs a list of conditions")
            parts = tuple(self.parse(part, (*below, index), scope) for index, part in enumerate(body))
            return _node(All if key == "all" else Any, parts)
        if key == "not":
            return _node(Not, self.parse(body, below, scope))
        if key in ("any_member", "no_member", "all_members", "count_members"):
            return self._members(key, body, below)
        if key == "event":
            return self._event(body, below)
        return self._fact(key, body, below, scope)

    def fault(self, place: Place, message: str) -> Node:
        """Record a fault of the file; the node returned never holds."""
        self.problems.append(self.source.problem(place, message))
        return Any(())

    def _members(self, kind: str, body: Raw, place: Place) -> Node:
        if kind == "count_members":
            if not isinstance(body, Mapping) or "where" not in body:
                return self.fault(place, "count_members needs `where` and a bound")
            bounds = self._bounds({k: v for k, v in body.items() if k != "where"}, place)
            if bounds is None:
                return Any(())
            return _node(Members, kind, self.parse(body["where"], (*place, "where"), "person"), *bounds)
        where = self.parse(body, place, "person")
        if kind == "any_member":
            return _node(Members, kind, where, 1, None)
        return _node(Members, kind, where if kind == "no_member" else _node(Not, where), None, 0)

    def _event(self, body: Raw, place: Place) -> Node:
        codes: set[str] = set()
        for code in body if isinstance(body, list) else [body]:
            if code in self._groups:
                codes.update(self._groups[code])
            elif code in self._events:
                codes.add(code)
            else:
                return self.fault(place, f"no such event: {code}")
        return _node(Event, frozenset(codes))

    def _bounds(self, body: Raw, place: Place) -> tuple[int | None, int | None] | None:
        if (
            not isinstance(body, Mapping)
            or not body
            or set(body) - _BOUNDS
            or not all(isinstance(number, int) and not isinstance(number, bool) for number in body.values())
        ):
            self.fault(place, f"bounds are whole numbers under {', '.join(sorted(_BOUNDS))}")
            return None
        if "is" in body:
            return body["is"], body["is"]
        low = body.get("at_least", body["more_than"] + 1 if "more_than" in body else None)
        high = body.get("at_most", body["less_than"] - 1 if "less_than" in body else None)
        return low, high

    def _fact(self, name: Raw, body: Raw, place: Place, scope: str) -> Node:
        fact = self._facts.get(name)
        if fact is None:
            return self.fault(place, f"no such fact: {name}")
        self.used.setdefault(str(name), place)
        personal = fact["scope"] == "person"
        if personal and scope != "person":
            return self.fault(place, f"{name} belongs to a person; ask it inside any_member or count_members")
        household, kind = not personal, fact["type"]
        if isinstance(body, Mapping):
            return self._test(str(name), household, kind, fact, body, place, scope)
        values = body if isinstance(body, list) else [body]
        if kind == "yes_no" and all(isinstance(value, bool) for value in values):
            return _node(Is, str(name), household, frozenset(values))
        if kind == "number" and all(
            isinstance(value, int) and not isinstance(value, bool) for value in values
        ):
            return _node(Is, str(name), household, frozenset(values))
        if kind == "choice":
            unknown = [str(value) for value in values if value not in fact["choices"]]
            if unknown:
                return self.fault(place, f"{name} has no choice {', '.join(unknown)}")
            return _node(Is, str(name), household, frozenset(values))
        return self.fault(place, f"{name} is of type {kind} and cannot be compared like this")

    def _test(
        self,
        name: str,
        household: bool,
        kind: str,
        fact: Mapping[str, Raw],
        body: Mapping[str, Raw],
        place: Place,
        scope: str,
    ) -> Node:
        if kind == "number":
            bounds = self._bounds(body, place)
            return Any(()) if bounds is None else _node(Between, name, household, *bounds)
        at = body.get("at")
        if at is not None:
            body = {key: value for key, value in body.items() if key != "at"}
        if len(body) != 1:
            return self.fault(place, "one test at a time; combine several with `all`")
        test, argument = next(iter(body.items()))
        below = (*place, test)
        if kind in ("choices", "texts") and test == "has":
            values = argument if isinstance(argument, list) else [argument]
            unknown = [str(value) for value in values if kind == "choices" and value not in fact["choices"]]
            if unknown:
                return self.fault(below, f"{name} has no choice {', '.join(unknown)}")
            return _node(Has, name, household, frozenset(values))
        if kind == "date" and test in AGE_KINDS:
            return self._age(name, household, test, argument, at, place, scope)
        if at is not None:
            return self.fault(place, "`at` belongs to an age")
        if kind == "date" and test in _COUNTED:
            bounds = self._bounds(argument, below)
            if bounds is None:
                return Any(())
            if test.endswith("until"):
                low, high = bounds
                bounds = None if high is None else -high, None if low is None else -low
            return _node(_COUNTED[test], name, household, *bounds)
        if kind == "date" and test in ("on_or_after", "before"):
            if not isinstance(argument, date):
                return self.fault(below, "a day is written YYYY-MM-DD")
            ends = (argument, None) if test == "on_or_after" else (None, argument)
            return _node(Dated, name, household, *ends)
        if kind == "date" and test == "within":
            period = validated(PeriodModel, argument, self.source, below, self.problems)
            return Any(()) if period is None else _node(Within, name, household, period.period())
        return self.fault(below, f"{name} is of type {kind}, which has no test `{test}`")

    def _age(
        self, name: str, household: bool, kind: str, argument: Raw, at: Raw, place: Place, scope: str
    ) -> Node:
        bounds = self._bounds(argument, (*place, kind))
        if bounds is None:
            return Any(())
        if at is None:
            return _node(Age, name, household, kind, *bounds)
        day = self._facts.get(at)
        if day is None or day["type"] != "date" or (day["scope"] == "person" and scope != "person"):
            return self.fault((*place, "at"), f"{at} is no date on which an age can be counted here")
        self.used.setdefault(str(at), (*place, "at"))
        return _node(Age, name, household, kind, *bounds, str(at), day["scope"] != "person")
