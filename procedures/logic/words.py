"""Conditions and values in words: what a rule requires, and what the case holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from procedures.logic.conditions import (
    Age,
    Between,
    Event,
    Has,
    Is,
    Leaf,
    Missing,
    Node,
    OnDate,
    OnMonth,
    Value,
)
from procedures.logic.facts import FactSpec
from procedures.schema.overlays import CodesModel
from procedures.terms.dates import PartialDate, age_range
from procedures.terms.office_days import date_ja
from procedures.terms.text import Text

_UNKNOWN = {
    Missing.UNASKED: Text("まだ確認していません", "not asked yet"),
    Missing.DECLARED_UNKNOWN: Text("「わからない」との回答です", "answered: do not know"),
    Missing.OPEN: Text("まだ決まりません", "still open"),
    Missing.UNAVAILABLE: Text("基幹から情報が届いていません", "the core system has not told"),
}
_NOT_READ = Text("カードから読み取っていません", "not read from a card")
_SCHOOL_YEARS: dict[tuple[int | None, int | None], Text] = {
    (None, 0): Text("小学校入学前", "below school age"),
    (0, 0): Text("来年度に小学校へ入る学年", "in the year before elementary school"),
    (6, 6): Text("小学6年の学年", "in the sixth year of elementary school"),
    (1, 6): Text("小学1年から6年の学年", "in the years of elementary school"),
    (1, 9): Text("小学1年から中学3年の学年", "in the years of compulsory school"),
}
_AGE = {
    "legal_age": ("", "years old"),
    "kouki_age": ("誕生日当日から数えて", "years old, from the birthday itself,"),
    "fiscal_age": ("今年度の4月1日に", "years old on 1 April of this fiscal year"),
    "kokuho70_age": ("誕生日の翌月1日から数えて", "years old, from the month after the birthday,"),
}


def required(node: Node, specs: Mapping[str, FactSpec], codes: CodesModel) -> Text:
    """What a leaf or an event condition asks for."""
    if isinstance(node, Event):
        names = [codes.events[event].name for event in sorted(node.events)]
        return Text("・".join(name.ja for name in names), " or ".join(name.en for name in names))
    assert isinstance(node, Leaf)  # noqa: S101 - callers word composed conditions themselves
    spec = specs[node.fact]
    if isinstance(node, Is):
        if spec.type == "yes_no" and len(node.values) == 1:
            return spec.words[next(iter(node.values)) is True]
        options = [text for value, text in spec.words.items() if value in node.values]
        ja = "・".join(text.ja for text in options) or "・".join(map(str, sorted(node.values)))
        en = " or ".join(text.en for text in options) or " or ".join(map(str, sorted(node.values)))
        return Text(f"{spec.label.ja}：{ja}", f"{spec.label.en}: {en}")
    if isinstance(node, Has):
        options = [spec.words.get(value, Text(value, value)) for value in sorted(node.values)]
        return Text(
            f"{spec.label.ja}：{'・'.join(text.ja for text in options)}",
            f"{spec.label.en}: {' or '.join(text.en for text in options)}",
        )
    if isinstance(node, Age):
        return _age_required(node, specs)
    if isinstance(node, Between):
        ja, en = _range(node.low, node.high, "")
        return Text(f"{spec.label.ja}が{ja}", f"{spec.label.en}: {en}")
    if isinstance(node, OnDate):
        if node.low is None and node.high is not None:
            return Text(
                f"{spec.label.ja}から{node.high}日以内", f"within {node.high} days of {spec.label.en}"
            )
        ja, en = _range(node.low, node.high, "日")
        return Text(f"{spec.label.ja}から{ja}", f"{en} days after {spec.label.en}")
    if isinstance(node, OnMonth):
        return _months_required(node, spec.label)
    return spec.label


def _months_required(node: OnMonth, label: Text) -> Text:
    """From when until when, both days included."""
    low = None if node.low is None else _month(node.low, label)
    high = None if node.high is None else _month(node.high, label)
    ja = (f"{low.ja}から" if low else "") + (f"{high.ja}まで" if high else "")
    en = [*([f"from {low.en}"] if low else []), *([f"until {high.en}"] if high else [])]
    return Text(ja, " ".join(en))


def _month(months: int, label: Text) -> Text:
    """The day that lies so many months after a date (negative: before)."""
    side, side_en = ("後", "after") if months >= 0 else ("前", "before")
    plural = "" if abs(months) == 1 else "s"
    return Text(f"{label.ja}の{abs(months)}か月{side}", f"{abs(months)} month{plural} {side_en} {label.en}")


def _age_required(node: Age, specs: Mapping[str, FactSpec]) -> Text:
    """The age, and on which day unless it is the day of filing."""
    words = _age(node)
    if node.at is None:
        return words
    day = specs[node.at].label
    return Text(f"{day.ja}の時点で{words.ja}", f"{words.en} on {day.en}")


def _age(node: Age) -> Text:
    low, high = node.low, node.high
    if node.kind == "school_year":
        if (low, high) in _SCHOOL_YEARS:
            return _SCHOOL_YEARS[low, high]
        ja, en = _range(low, high, "年生")
        return Text(f"学年が{ja}", f"school year {en}")
    if node.kind == "fiscal_age" and low is None and high is not None:
        return Text(f"{high + 1}歳の年度末まで", f"until the end of the fiscal year of the {high + 1}th year")
    ja_before, en_after = _AGE[node.kind]
    ja, en = _range(low, high, "歳")
    return Text(f"{ja_before}{ja}", f"{en} {en_after}".rstrip(","))


def opposite(node: Leaf, specs: Mapping[str, FactSpec], codes: CodesModel) -> Text | None:
    """The opposite of what a leaf asks for, where one word says it; else None."""
    spec = specs[node.fact]
    if isinstance(node, Is) and spec.type == "yes_no" and len(node.values) == 1:
        return spec.words[next(iter(node.values)) is not True]
    if isinstance(node, Is) and spec.type == "choice":
        wanted = required(node, specs, codes)
        return Text(f"{wanted.ja}以外", f"not {wanted.en}")
    if isinstance(node, OnMonth) and node.low is None and node.high is not None:
        day = _month(node.high, spec.label)
        return Text(f"{day.ja}の翌日から", f"later than {day.en}")
    if isinstance(node, OnMonth) and node.high is None and node.low is not None:
        day = _month(node.low, spec.label)
        return Text(f"{day.ja}の前日まで", f"earlier than {day.en}")
    if isinstance(node, Age) and (node.low is None) != (node.high is None):
        low = None if node.high is None else node.high + 1
        high = None if node.low is None else node.low - 1
        return _age_required(replace(node, low=low, high=high), specs)
    return None


def _range(low: int | None, high: int | None, unit: str) -> tuple[str, str]:
    if low is not None and high is not None:
        return (
            (f"{low}{unit}", str(low))
            if low == high
            else (f"{low}{unit}から{high}{unit}", f"{low} to {high}")
        )
    if low is not None:
        return f"{low}{unit}以上", f"at least {low}"
    if high is not None:
        return f"{high + 1}{unit}未満", f"under {high + 1}"
    return "任意", "any"


def found(node: Leaf, spec: FactSpec, value: Value | Missing, on: date) -> Text:
    """What the case holds for the fact of a leaf; `on` is the day of filing, for ages."""
    if isinstance(value, Missing):
        unread = value is Missing.UNAVAILABLE and spec.source == "card"
        about = _NOT_READ if unread else _UNKNOWN[value]
        return Text(f"{spec.label.ja}：{about.ja}", f"{spec.label.en}: {about.en}")
    if spec.type == "yes_no" and isinstance(value, bool):
        return spec.words[value]
    if isinstance(value, PartialDate) and isinstance(node, Age):
        youngest, oldest = age_range("legal_age", value, on)
        born = _dated(value)
        if youngest == oldest:
            return Text(f"{youngest}歳（{born.ja}生まれ）", f"{youngest} years old (born {born.en})")
        return Text(
            f"{youngest}歳か{oldest}歳（{born.ja}生まれ、月日不詳）",
            f"{youngest} or {oldest} years old (born {born.en})",
        )
    shown = Text(str(value), str(value))
    if isinstance(value, PartialDate):
        shown = _dated(value)
    elif isinstance(value, tuple):
        options = [spec.words.get(option, Text(option, option)) for option in value]
        shown = Text(
            "・".join(text.ja for text in options) or "なし", ", ".join(text.en for text in options) or "none"
        )
    elif isinstance(value, str) and value in spec.words:
        shown = spec.words[value]
    return Text(f"{spec.label.ja}：{shown.ja}", f"{spec.label.en}: {shown.en}")


def _dated(value: PartialDate) -> Text:
    """A date as people write it; of one that is not known to the day, what is known."""
    day = value.earliest
    if value.exact:
        return Text(date_ja(day), f"{day.day} {day:%B %Y}")
    if value.latest.month == day.month:
        return Text(f"{day.year}年{day.month}月", f"{day:%B %Y}")
    return Text(f"{day.year}年", f"{day.year}")
