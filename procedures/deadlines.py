"""From a rule's deadline to a date or to words.

民法140条: the first day is not counted unless the law says so (count: same_day, as for 出生届). A period
that ends on a closed day of the town hall runs to the next open day (地方自治法4条の2第4項) unless the
rule says as_is.
"""

from __future__ import annotations

from datetime import date, timedelta

from procedures.catalogue import Catalogue, DeadlineSpec
from procedures.conditions import Missing
from procedures.dates import PartialDate, month_end
from procedures.facts import CaseView
from procedures.guidance import Deadline
from procedures.office_days import OfficeCalendar, day_en, day_ja
from procedures.schema import EarliestModel, OffsetModel, TextDeadlineModel
from procedures.text import Text

_ASK = Text(
    "期限は担当課に確認してください",
    "ask the department for the deadline",
    "いつまでか 係（かかり）の人（ひと）に 聞（き）いて ください",
)


def last_day(spec: OffsetModel, start: date, calendar: OfficeCalendar) -> date:
    """The last day of the period that begins with `start`."""
    if spec.months is not None:
        end = _plus_months(start, spec.months)
        if spec.count == "same_day":
            end -= timedelta(days=1)
    else:
        assert spec.days is not None  # noqa: S101 - the schema admits days or months
        end = start + timedelta(days=spec.days - (spec.count == "same_day"))
    return calendar.open_from(end) if spec.closed == "next_open" else end


def starts(spec: DeadlineSpec) -> tuple[str, ...]:
    """The facts from which a deadline counts."""
    if isinstance(spec, EarliestModel):
        return tuple(one.start for one in spec.of)
    return (spec.start,) if isinstance(spec, OffsetModel) else ()


def _plus_months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, month_end(year, month).day))


def deadline(spec: DeadlineSpec, view: CaseView, person: int, catalogue: Catalogue) -> Deadline:
    """The deadline of one item; kind unknown when the fact it counts from is missing or incomplete."""
    if isinstance(spec, TextDeadlineModel):
        return Deadline("text", spec.words.text())
    if isinstance(spec, EarliestModel):
        dated = [deadline(one, view, person, catalogue) for one in spec.of]
        missing = [one for one in dated if one.on is None]
        return missing[0] if missing else min(dated, key=lambda one: one.on or date.max)
    if not isinstance(spec, OffsetModel):
        return Deadline("unknown", _ASK)
    label = catalogue.facts[spec.start].label
    period = _period(spec, label)
    value = view.value(spec.start, view.home(spec.start, person))
    start = value.exact if isinstance(value, PartialDate) else None
    if start is None or isinstance(value, Missing):
        ja, en = f"{period.ja}（{label.ja}が分かると決まります）", f"{period.en} (needs {label.en})"
        return Deadline("unknown", Text(ja, en))
    end = last_day(spec, start, catalogue.calendar)
    left = (end - view.date).days
    late_ja = f"。{-left}日過ぎています" if left < 0 else ""
    late_en = f", {-left} days late" if left < 0 else ""
    text = Text(
        f"{day_ja(end)}まで（{period.ja}{late_ja}）",
        f"by {day_en(end)} ({period.en}{late_en})",
        f"{end.year}年（ねん）{end.month}月（がつ）{end.day}日（にち）まで",
    )
    return Deadline("date", text, end, left)


def _period(spec: OffsetModel, label: Text) -> Text:
    amount = f"{spec.days}日" if spec.days is not None else f"{spec.months}か月"
    amount_en = f"{spec.days} days" if spec.days is not None else f"{spec.months} months"
    if spec.count == "same_day":
        return Text(f"{label.ja}を含めて{amount}以内", f"within {amount_en}, counting {label.en}")
    return Text(f"{label.ja}の翌日から{amount}以内", f"within {amount_en} after {label.en}")
