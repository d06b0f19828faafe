"""When a site is open, and for which procedures: site × procedure × hours of 住基ネット.

This calendar moves no deadline (office_days.py does): an extra opening on a Sunday is a service, not a
working day of the ordinance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from procedures.terms.office_days import OfficeCalendar
from procedures.terms.text import Text


@dataclass(frozen=True, slots=True)
class Slot:
    """Hours of a day, the end excluded. `only` limits them to some rules; `not_these` takes some away."""

    begins: time
    ends: time
    only: frozenset[str] = frozenset()
    not_these: frozenset[str] = frozenset()

    def takes(self, rule: str, at: time) -> bool:
        """True when the rule can be done at that time of the day."""
        return (
            self.begins <= at < self.ends
            and (not self.only or rule in self.only)
            and rule not in self.not_these
        )


@dataclass(frozen=True, slots=True)
class Site:
    """A town hall or branch: slots by weekday, and days with slots of their own (none: closed)."""

    name: Text
    weekly: Mapping[int, tuple[Slot, ...]]
    special: Mapping[date, tuple[Slot, ...]]


@dataclass(frozen=True, slots=True)
class Opening:
    """The opening of one municipality. Times are local (Asia/Tokyo), naive."""

    calendar: OfficeCalendar
    sites: Mapping[str, Site]
    net_weekdays: frozenset[int]
    net_hours: Slot
    net_closed: frozenset[date]

    def slots(self, site: str, day: date) -> tuple[Slot, ...]:
        """The hours of a site on a day; empty when it is closed. KeyError for an unknown site."""
        place = self.sites[site]
        if day in place.special:
            return place.special[day]
        return place.weekly.get(day.weekday(), ()) if self.calendar.is_open(day) else ()

    def net_answers(self, at: datetime) -> bool:
        """True while 住基ネット runs. It rests on holidays and at the turn of the year."""
        day = at.date()
        return (
            day.weekday() in self.net_weekdays
            and day not in self.net_closed
            and self.calendar.is_open(day)
            and self.net_hours.takes("", at.time())
        )

    def can_do(self, site: str, rule: str, at: datetime, needs_juki_net: bool = False) -> bool:
        """True when a rule can be handled at a site at that moment."""
        if needs_juki_net and not self.net_answers(at):
            return False
        return any(slot.takes(rule, at.time()) for slot in self.slots(site, at.date()))

    def site_named(self, name: str) -> str:
        """The site of that name; else the first: a municipality with one town hall need not repeat its
        name.
        """
        return name if name in self.sites else next(iter(self.sites))

    def next_time(
        self, site: str, rule: str, after: datetime, needs_juki_net: bool = False, within_days: int = 31
    ) -> datetime | None:
        """The first moment from `after` on at which a rule can be handled at a site; `after` itself when
        it can be now; None when not within so many days.
        """
        if self.can_do(site, rule, after, needs_juki_net):
            return after
        for ahead in range(within_days + 1):
            day = after.date() + timedelta(days=ahead)
            begins = [slot.begins for slot in self.slots(site, day)]
            if needs_juki_net:
                begins.append(self.net_hours.begins)
            for start in sorted(begins):
                at = datetime.combine(day, start)
                if at > after and self.can_do(site, rule, at, needs_juki_net):
                    return at
        return None

    def hours(self, site: str) -> tuple[tuple[tuple[int, ...], tuple[Slot, ...]], ...]:
        """The usual week: weekdays (Monday = 0) with the hours that they share, closed ones left out."""
        shared: dict[tuple[Slot, ...], list[int]] = {}
        for weekday, slots in sorted(self.sites[site].weekly.items()):
            if slots:
                shared.setdefault(slots, []).append(weekday)
        return tuple((tuple(days), slots) for slots, days in shared.items())
