"""A guidance as lines of text for a terminal: what, for whom, until when, and the conditions behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from procedures.engine.guidance import Guidance, Item, Reason
from procedures.logic.case import Case

_MARK = {"true": "○", "false": "×", "unknown": "？"}
_HEADINGS = (
    ("applies", "該当する手続き / applies"),
    ("needs_confirmation", "確認が必要 / needs confirmation"),
    ("may_apply", "該当するかもしれない / may apply"),
)


def lines(case: Case, guidance: Guidance) -> Iterator[str]:
    """The whole guidance, Japanese first."""
    events = " ".join(case.events)
    yield f"{case.municipality}  {case.date.isoformat()}  {events}  ({guidance.catalogue_version})"
    if guidance.conflicts:
        yield ""
        yield f"■ 確かめてください / cannot be: {len(guidance.conflicts)}"
        for conflict in guidance.conflicts:
            people = f" [{', '.join(conflict.person_ids)}]" if conflict.person_ids else ""
            yield f"  {conflict.text.ja} / {conflict.text.en}{people}"
    for key, heading in _HEADINGS:
        items: tuple[Item, ...] = getattr(guidance, key)
        yield ""
        yield f"■ {heading}: {len(items)}"
        for item in items:
            yield from _item(item)
    yield ""
    yield f"■ 該当しない / does not apply: {len(guidance.not_applicable)}"
    for entry in guidance.not_applicable:
        yield f"  {entry.procedure_id} {entry.name.ja}: {entry.why.ja}"
    yield ""
    yield f"■ 確認すること / questions: {len(guidance.questions)}"
    for number, question in enumerate(guidance.questions, 1):
        people = f" [{', '.join(question.person_ids)}]" if question.person_ids else ""
        decides = ", ".join(question.decides)
        yield f"  {number}. {question.text.ja} / {question.text.en} ({question.fact}){people} → {decides}"


def _item(item: Item) -> Iterator[str]:
    variant = f"/{item.variant}" if item.variant else ""
    people = f" [{', '.join(item.person_ids)}]" if item.person_ids else ""
    yield f"  {item.procedure_id}{variant} {item.name.ja} / {item.name.en}{people}"
    desk = f" {item.department.desk.ja}" if item.department.desk else ""
    yield f"      {item.klass} {item.group}  {item.department.name.ja}{desk}  {item.deadline.text.ja}"
    yield f"      {item.reason.ja}"
    for fact in item.deciding:
        yield f"      ？ {fact.label.ja} ({fact.fact}, {fact.state})"
    for document in item.documents:
        if document.needed != "no":
            yield f"      ・{document.name.ja}{'（該当する方）' if document.needed == 'unknown' else ''}"
    for why in item.why:
        yield f"      {why.person_id or '世帯'}: {why.because.ja}"
        yield from _tree((why.conditions,), 8)


def _tree(reasons: Iterable[Reason], indent: int) -> Iterator[str]:
    for reason in reasons:
        found = f" ← {reason.found.ja}" if reason.found else ""
        source = f"（{reason.source}）" if reason.source else ""
        who = f"{reason.person_id}: " if reason.kind == "member" else ""
        yield f"{' ' * indent}{_MARK[reason.result]} {who}{reason.required.ja}{found}{source}"
        yield from _tree(reason.children, indent + 2)
