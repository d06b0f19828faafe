"""The two calendars in the text: days on which no deadline ends, and when offices and 住基ネット are open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from procedures import Text
from procedures.reading.overlay_edit import append, drop, put
from procedures.reading.yaml_lines import Place, read_text

WEEKDAYS = Text("月火水木金土日", "Mon Tue Wed Thu Fri Sat Sun")


@dataclass(frozen=True)
class HoursForm:
    """Hours that a week repeats; `place` is where they stand. `limited`: only some procedures then."""

    place: Place
    weekdays: tuple[int, ...]
    begins: str
    ends: str
    limited: bool


@dataclass(frozen=True)
class DayForm:
    """One day that is unlike the others; `hours` None: closed. `index`: its place in the list."""

    index: int
    day: date
    hours: tuple[str, str] | None
    limited: bool


@dataclass(frozen=True)
class SiteForm:
    """A town hall or branch."""

    id: str
    name: Text
    weekly: tuple[HoursForm, ...]
    special: tuple[DayForm, ...]


@dataclass(frozen=True)
class DaysForm:
    """`closed`: further days on which no deadline ends; `net`: hours of 住基ネット, `net_closed`: when it
    rests. `sites` is empty and `net` None while the file has no calendar of opening.
    """

    closed: tuple[date, ...]
    sites: tuple[SiteForm, ...]
    net: HoursForm | None
    net_closed: tuple[date, ...]


def shown(text: str) -> DaysForm:
    """The calendars of a text without faults."""
    data = _data(text)
    opening = data.get("opening") or {}
    net = opening.get("juki_net")
    return DaysForm(
        tuple(data["calendar"].get("closed") or ()),
        tuple(_site(key, one) for key, one in (opening.get("sites") or {}).items()),
        _hours(("opening", "juki_net"), net) if net else None,
        tuple((net or {}).get("closed") or ()),
    )


def close(text: str, day: date) -> str:
    """No deadline ends on `day`. Raises CannotPut."""
    return text if day in shown(text).closed else append(text, ("calendar", "closed"), day)


def rest(text: str, day: date) -> str:
    """住基ネット rests on `day`. Raises CannotPut."""
    return text if day in shown(text).net_closed else append(text, ("opening", "juki_net", "closed"), day)


def open_on(text: str, site: str, day: date, hours: tuple[str, str] | None) -> str:
    """A site has hours of its own on `day`, or is closed (None). Raises CannotPut."""
    entry: dict[str, Any] = {"day": day} | ({"hours": list(hours)} if hours else {})
    return append(text, ("opening", "sites", site, "special"), entry)


def set_hours(text: str, place: Place, hours: tuple[str, str]) -> str:
    """Other hours where HoursForm.place says. Raises CannotPut."""
    return put(text, (*place, "hours"), list(hours))


def take_away(text: str, kind: str, day: date, site: str = "") -> str:
    """A day is like the others again; kind: closed | rest | special. Raises CannotPut."""
    form = shown(text)
    if kind == "special":
        found = next((one for one in form.sites if one.id == site), None)
        for entry in reversed(found.special if found else ()):
            if entry.day == day:
                text = drop(text, ("opening", "sites", site, "special", entry.index))
        return text
    place: Place = ("calendar", "closed") if kind == "closed" else ("opening", "juki_net", "closed")
    listed = form.closed if kind == "closed" else form.net_closed
    return drop(text, (*place, listed.index(day))) if day in listed else text


def lines(text: str) -> list[Text]:
    """Everything that the calendars say, one sentence a line, for a comparison."""
    return list(_lines(shown(text)))


def changed(old: str, new: str) -> tuple[list[Text], list[Text]]:
    """What only the calendars of `old` say, and what only those of `new` say."""
    before, after = lines(old), lines(new)
    return [one for one in before if one not in after], [one for one in after if one not in before]


def _lines(form: DaysForm) -> Iterator[Text]:
    for day in form.closed:
        yield Text(f"期限の閉庁日 {day}", f"Closed for deadlines {day}")
    for site in form.sites:
        for hours in site.weekly:
            when = weekdays(hours.weekdays)
            span = f"{hours.begins}–{hours.ends}"
            yield Text(f"{site.name.ja} {when.ja} {span}", f"{site.name.en}, {when.en}, {span}")
        for one in site.special:
            ja, en = ("閉庁", "closed") if one.hours is None else ("–".join(one.hours),) * 2
            yield Text(f"{site.name.ja} {one.day} {ja}", f"{site.name.en}, {one.day}, {en}")
    if form.net:
        when, span = weekdays(form.net.weekdays), f"{form.net.begins}–{form.net.ends}"
        yield Text(f"住基ネット {when.ja} {span}", f"Juki-net, {when.en}, {span}")
    for day in form.net_closed:
        yield Text(f"住基ネットの休止日 {day}", f"Juki-net rests on {day}")


def weekdays(numbers: tuple[int, ...]) -> Text:
    """Weekdays in words: 月・火, Mon, Tue."""
    ja, en = WEEKDAYS.ja, WEEKDAYS.en.split()
    return Text("・".join(ja[one] for one in numbers), ", ".join(en[one] for one in numbers))


def _site(key: str, data: Any) -> SiteForm:
    at: Place = ("opening", "sites", key)
    name = data["name"]
    return SiteForm(
        key,
        Text(name["ja"], name["en"]),
        tuple(_hours((*at, "weekly", index), one) for index, one in enumerate(data["weekly"])),
        tuple(_day(index, one) for index, one in enumerate(data.get("special") or ())),
    )


def _day(index: int, data: Any) -> DayForm:
    hours = data.get("hours")
    return DayForm(index, data["day"], tuple(hours) if hours else None, _limited(data))


def _hours(place: Place, data: Any) -> HoursForm:
    begins, ends = data["hours"]
    return HoursForm(place, tuple(data["weekdays"]), begins, ends, _limited(data))


def _limited(data: Any) -> bool:
    return bool(data.get("only") or data.get("not_these"))


def _data(text: str) -> Any:
    return read_text(text, "overlay.yaml").data
