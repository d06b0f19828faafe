"""From a rule's deadline to a date or to words. The arithmetic itself is in periods.py."""

from __future__ import annotations

from datetime import date

from procedures.engine.catalogue import Catalogue, DeadlineSpec
from procedures.engine.guidance import Deadline
from procedures.logic.facts import CaseView
from procedures.schema.rules import OffsetModel, PeriodModel
from procedures.terms.dates import PartialDate
from procedures.terms.office_days import day_easy, day_en, day_ja, days_easy
from procedures.terms.periods import last_day
from procedures.terms.text import Text

_ASK = Text(
    "期限は担当課に確認してください",
    "ask the department for the deadline",
    "いつまでか 係（かかり）の人（ひと）に 聞（き）いて ください",
)


def deadline(spec: DeadlineSpec, view: CaseView, person: int, catalogue: Catalogue) -> Deadline:
    """The deadline of one item; kind unknown when the fact it counts from is missing or incomplete."""
    if spec.type == "earliest":
        dated = [deadline(one, view, person, catalogue) for one in spec.of]
        missing = [one for one in dated if one.on is None]
        return missing[0] if missing else min(dated, key=lambda one: one.on or date.max)
    if spec.type != "offset":
        found = Deadline("text", spec.words.text()) if spec.type == "text" else Deadline("unknown", _ASK)
        return catalogue.memory.worded.setdefault(id(spec), found)
    label = catalogue.facts[spec.start].named((view.case.event,))
    period = period_words(spec, label)
    value = view.value(spec.start, view.home(spec.start, person))
    start = value.exact if isinstance(value, PartialDate) else None
    if start is not None:
        return _dated(period, last_day(spec.period(), start, catalogue.calendar), view.date)
    return Deadline(
        "unknown",
        Text(
            f"{period.ja}（{label.ja}が分かると決まります）",
            f"{period.en} (needs {label.en})",
            f"{period.easy}（{label.easy or label.ja}が わかると きまります）",
        ),
    )


def _dated(period: Text, end: date, today: date) -> Deadline:
    left = (end - today).days
    late_ja = f"。{-left}日過ぎています" if left < 0 else ""
    late_en = f", {-left} days late" if left < 0 else ""
    late_easy = f"（{days_easy(-left)} すぎて います）" if left < 0 else ""
    text = Text(
        f"{day_ja(end)}まで（{period.ja}{late_ja}）",
        f"by {day_en(end)} ({period.en}{late_en})",
        f"{day_easy(end)}まで{late_easy}",
    )
    return Deadline("date", text, end, left)


def period_words(spec: OffsetModel, label: Text) -> Text:
    """How long after (or before) the fact that is called `label`."""
    named = label.easy or label.ja
    if spec.days is not None and spec.days <= 0:
        if spec.days == 0:
            return Text(f"{label.ja}まで", f"on {label.en} at the latest", f"{named}まで")
        return Text(
            f"{label.ja}の{-spec.days}日前まで",
            f"at least {-spec.days} days before {label.en}",
            f"{named}の {days_easy(-spec.days)} 前（まえ）まで",
        )
    amount = amount_of(spec)
    within = f"{amount.easy}以内（いない）"
    if spec.count == "same_day":
        return Text(
            f"{label.ja}を含めて{amount.ja}以内",
            f"within {amount.en}, counting {label.en}",
            f"{named}も 入（い）れて {within}",
        )
    return Text(
        f"{label.ja}の翌日から{amount.ja}以内",
        f"within {amount.en} after {label.en}",
        f"{named}の 次（つぎ）の 日（ひ）から {within}",
    )


def amount_of(spec: PeriodModel) -> Text:
    """The length of a period."""
    if spec.days is not None:
        return Text(f"{spec.days}日", f"{spec.days} days", days_easy(spec.days))
    if spec.months is not None:
        return Text(f"{spec.months}か月", f"{spec.months} months", f"{spec.months}か月（げつ）")
    return Text(f"{spec.years}年", f"{spec.years} years", f"{spec.years}年（ねん）")
