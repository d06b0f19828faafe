"""What is known about one household on one day: the input of the engine, and the layout of a CASE.yaml
file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

FactValue = bool | int | str | tuple[str, ...]
SOURCES = frozenset({"card", "core", "pre-entry", "resident", "staff", "derived", "given"})


class CaseError(ValueError):
    """A case that the engine cannot read: names the place inside the case, never the value found there."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Fact:
    """One value and where it came from.

    A fact that nobody has asked about is simply absent from the case. A fact that was asked about and
    that the person (or the staff) could not answer is `Fact.declared_unknown(...)`: it is never asked
    again and leads to needs_confirmation instead. Neither is the same as false.
    """

    value: FactValue | None = field(repr=False)
    source: str = "given"
    unknown: bool = False

    @classmethod
    def declared_unknown(cls, source: str = "resident") -> Fact:
        """わからない, as an answer."""
        return cls(None, source, unknown=True)

    @classmethod
    def read(cls, raw: Any, path: str = "fact") -> Fact | None:
        """From plain data: a bare value, {value, source} or {unknown: true, source}; None means absent."""
        if isinstance(raw, Fact):
            return raw
        if isinstance(raw, Mapping):
            extra = set(raw) - {"value", "source", "unknown"}
            if extra:
                raise CaseError(
                    path, f"a fact has value, source and unknown, not {', '.join(map(str, extra))}"
                )
            source = str(raw.get("source", "given"))
            if source not in SOURCES:
                raise CaseError(path, f"no such source; known are {', '.join(sorted(SOURCES))}")
            if raw.get("unknown") is True:
                return cls.declared_unknown(source)
            value = _plain(raw.get("value"), path)
            return None if value is None else cls(value, source)
        value = _plain(raw, path)
        return None if value is None else cls(value)

    def to_dict(self) -> dict[str, Any]:
        """{value, source} or {unknown: true, source}, as `read` takes it."""
        if self.unknown:
            return {"unknown": True, "source": self.source}
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"value": value, "source": self.source}


def _plain(value: Any, path: str) -> FactValue | None:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value)
    raise CaseError(path, "a fact is a yes/no, a number, a text, a date or a list of texts")


def _facts(raw: Any, path: str) -> dict[str, Fact]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise CaseError(path, "facts are written name: value")
    read = {str(name): Fact.read(value, f"{path}.{name}") for name, value in raw.items()}
    return {name: fact for name, fact in read.items() if fact is not None}


def _dates(raw: Any, events: list[str]) -> dict[str, Fact]:
    found = _facts(raw, "dates")
    for event in set(found) - set(events):
        raise CaseError(f"dates.{event}", "days are given for the further events of the case only")
    return found


@dataclass(frozen=True, slots=True)
class PersonCase:
    """One member of the household; `id` is any opaque key of the caller and comes back in the guidance."""

    id: str
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """One life event of one household on one day, or several that are notified together (`also`).

    The fact `event_date` is the day of the first event; `dates` holds those of the others by their codes.
    A further event without a day of its own is one whose day nobody knows.
    The household is the one BEFORE the event, with everyone in it; the person fact `moves` says whose
    record changes. `date` is the day of filing (処理日): ages, rule versions and days left are counted
    from it.
    """

    municipality: str
    date: date
    event: str
    household: tuple[PersonCase, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    also: tuple[str, ...] = ()
    dates: Mapping[str, Fact] = field(default_factory=dict, repr=False)

    @property
    def events(self) -> tuple[str, ...]:
        """The codes of all life events of the case, the first one first."""
        return (self.event, *self.also)

    @classmethod
    def from_dict(cls, data: Mapping[Any, Any]) -> Case:
        """From plain data in the layout of CASE.yaml (key `expect` is ignored); CaseError says where it
        is wrong.
        """
        if True in data:
            raise CaseError("on", "YAML reads this key as true; the day of the case is called `date`")
        known = {"municipality", "date", "event", "household", "facts", "dates", "expect", "title", "focus"}
        extra = {str(key) for key in data} - known
        if extra:
            raise CaseError("case", f"no such key: {', '.join(sorted(extra))}")
        missing = {"municipality", "date", "event", "household"} - set(data)
        if missing:
            raise CaseError("case", f"missing: {', '.join(sorted(missing))}")
        day = data["date"]
        if not isinstance(day, date):
            try:
                day = date.fromisoformat(str(day))
            except ValueError:
                raise CaseError("date", "the day of the case is written YYYY-MM-DD") from None
        if not isinstance(data["household"], list | tuple) or not data["household"]:
            raise CaseError("household", "a household has at least one member")
        people = []
        for index, raw in enumerate(data["household"]):
            path = f"household[{index}]"
            if not isinstance(raw, Mapping) or "id" not in raw or set(raw) - {"id", "facts"}:
                raise CaseError(path, "a member is written {id, facts}")
            people.append(PersonCase(str(raw["id"]), _facts(raw.get("facts"), f"{path}.facts")))
        events = data["event"] if isinstance(data["event"], list | tuple) else [data["event"]]
        if not events or len(set(events)) != len(events):
            raise CaseError("event", "a case has one life event or several different ones")
        if len({person.id for person in people}) != len(people):
            raise CaseError("household", "two members have the same id")
        return cls(
            municipality=str(data["municipality"]),
            date=day,
            event=str(events[0]),
            household=tuple(people),
            facts=_facts(data.get("facts"), "facts"),
            also=tuple(str(event) for event in events[1:]),
            dates=_dates(data.get("dates"), [str(event) for event in events[1:]]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The same layout as `from_dict` reads."""
        return {
            "municipality": self.municipality,
            "date": self.date.isoformat(),
            "event": list(self.events) if self.also else self.event,
            "facts": {name: fact.to_dict() for name, fact in self.facts.items()},
            "dates": {event: fact.to_dict() for event, fact in self.dates.items()},
            "household": [
                {"id": person.id, "facts": {name: fact.to_dict() for name, fact in person.facts.items()}}
                for person in self.household
            ],
        }
