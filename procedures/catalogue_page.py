"""The catalogue of procedures as one Markdown page, generated so that it cannot fall behind the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from procedures.catalogue import Catalogue, DeadlineSpec, Face, Rule
from procedures.conditions import All, Any, Event, Leaf, Members, Node, Not
from procedures.facts import FactSpec
from procedures.schema import EarliestModel, OffsetModel, TextDeadlineModel
from procedures.text import Text
from procedures.words import required

_HEAD = """# 手続き一覧 / Catalogue of procedures: {name}

Written by `kakanai procedures docs`; change the rules in `procedures/data`, not this page.

| mark | meaning |
|---|---|
{marks}

確度 confidence: V = read in a source, K = general knowledge, U = uncertain or new.
自治体差 variance: N = the same everywhere, D = names and papers differ, M = decided by each municipality.
"""


def page(catalogue: Catalogue) -> str:
    """The whole page; depends on nothing but the catalogue."""
    marks = "\n".join(
        f"| {code} | {words.ja} / {words.en} |" for code, words in catalogue.codes.classes.items()
    )
    name = f"{catalogue.name.ja} / {catalogue.name.en} ({catalogue.municipality})"
    parts = [_HEAD.format(name=name, marks=marks)]
    parts += ["\n".join(_rule(rule, catalogue)) for rule in sorted(catalogue.rules, key=_by_id)]
    parts.append("\n".join(_facts(catalogue)))
    return "\n".join(parts) + "\n"


def _by_id(rule: Rule) -> tuple[str, str]:
    return rule.id, rule.version


def _rule(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    yield f"## {rule.id} {rule.face.name.ja}"
    yield ""
    yield f"{rule.face.name.en}. {rule.face.reason.ja} / {rule.face.reason.en}"
    yield ""
    events = [words.name.ja for code, words in catalogue.codes.events.items() if code in rule.events]
    yield f"- きっかけ events: {'、'.join(events)}"
    if rule.effective_from or rule.effective_to:
        yield f"- 期間 in force: {rule.effective_from or ''} – {rule.effective_to or ''}"
    yield f"- 対象 for: {'異動者ごと / each person' if rule.person else '世帯 / the household'}"
    yield f"- 条件 condition: {condition(rule.when, catalogue).ja}"
    yield from _face(rule.face)
    for variant in rule.variants:
        sure = "（要確認）" if variant.needs_confirmation else ""
        yield f"- 場合分け `{variant.id}`{sure}: {condition(variant.when, catalogue).ja}"
        yield from (f"  {line}" for line in _face(variant.face, rule.face))
    yield f"- 自治体差 {rule.variance}、確度 {rule.confidence}" + (
        f"、出典 {'; '.join(rule.sources)}" if rule.sources else ""
    )
    for doubt in rule.doubts:
        yield f"- 未確認 doubt: {doubt}"
    yield ""


def _face(face: Face, base: Face | None = None) -> Iterator[str]:
    """The face, or only where it differs from the rule's main one."""
    if base is not None and face.name != base.name:
        yield f"- 名称 name: {face.name.ja} / {face.name.en}"
    desk = f" {face.department.desk.ja}" if face.department.desk else ""
    if base is None or face.department != base.department:
        yield f"- 担当 department: {face.department.name.ja}{desk} (`{face.department.id}`)"
    if base is None or (face.klass, face.group, face.optional) != (base.klass, base.group, base.optional):
        yield f"- 区分 class: {face.klass}、扱い handling: {face.group}" + (
            "、任意 optional" if face.optional else ""
        )
    if base is None or face.deadline != base.deadline:
        yield f"- 期限 deadline: {_deadline(face.deadline)}"
    if base is None or face.documents != base.documents:
        yield f"- 持ち物 documents: {'、'.join(document.name.ja for document in face.documents) or 'なし'}"
    if base is None and face.applicants:
        names = [one.name.ja + ("" if one.same_day else "（即日不可）") for one in face.applicants]
        yield f"- 届出・申請できる方 applicants: {'、'.join(names)}"
    if base is None or face.legal_basis != base.legal_basis:
        yield f"- 根拠 legal basis: {'、'.join(face.legal_basis)}"
    if base is None and face.note is not None:
        yield f"- 注意 note: {face.note.ja}"


def _deadline(spec: DeadlineSpec) -> str:
    if isinstance(spec, TextDeadlineModel):
        return spec.words.ja
    if isinstance(spec, EarliestModel):
        return "次の早い方: " + "、".join(_deadline(one) for one in spec.of)
    if isinstance(spec, OffsetModel):
        amount = f"{spec.days}日" if spec.days is not None else f"{spec.months}か月"
        count = "の翌日から" if spec.count == "next_day" else "を含めて"
        closed = "、閉庁日なら翌開庁日" if spec.closed == "next_open" else ""
        return f"`{spec.start}` {count}{amount}{closed}"
    return "要確認"


def condition(node: Node, catalogue: Catalogue) -> Text:
    """A condition in one line, with brackets where they are needed."""
    specs = cast("dict[str, FactSpec]", catalogue.facts)
    if isinstance(node, Leaf | Event):
        words = required(node, specs, catalogue.codes)
        return Text(f"「{words.ja}」", words.en)
    if isinstance(node, Not):
        inner = condition(node.part, catalogue)
        return Text(f"{inner.ja}でない", f"not ({inner.en})")
    if isinstance(node, Members):
        inner = condition(node.where, catalogue)
        count = f"{node.low}人以上" if node.low is not None else f"{node.high}人以下"
        return Text(f"世帯に〔{inner.ja}〕方が{count}", f"household members with ({inner.en}): {count}")
    parts = [condition(part, catalogue) for part in node.parts()]
    if isinstance(node, All):
        return Text("かつ".join(part.ja for part in parts), " and ".join(part.en for part in parts))
    assert isinstance(node, Any)  # noqa: S101 - the only kind of node left
    inner_ja = "または".join(part.ja for part in parts)
    return Text(f"（{inner_ja}）", f"({' or '.join(part.en for part in parts)})")


def _facts(catalogue: Catalogue) -> Iterator[str]:
    yield "## 事実 / Facts"
    yield ""
    yield "| name | 範囲 scope | type | source | 意味 | 質問 question |"
    yield "|---|---|---|---|---|---|"
    for spec in catalogue.facts.values():
        question = spec.question.ja if spec.question else ""
        yield f"| `{spec.name}` | {spec.scope} | {spec.type} | {spec.source} | {spec.label.ja} | {question} |"
