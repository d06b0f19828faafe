"""The catalogue of procedures as Markdown pages, generated so that they cannot fall behind the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from procedures.engine.catalogue import Catalogue, Face, Rule
from procedures.pages.catalogue_words import condition, deadline_words
from procedures.pages.event_page import event_page, page_name

_WRITTEN = "Written by `kakanai procedures docs`; change the rules in `procedures/data`, not this page."
_LEGEND = """- 確度 confidence: V = read in a source, K = general knowledge, U = uncertain or new.
- 自治体差 variance: N = the same everywhere, D = names and papers differ, M = decided by each municipality.
"""


def pages(catalogue: Catalogue) -> dict[str, str]:
    """File name → Markdown: catalogue.md (the overview), one page per rule file, one per life event, and
    facts.md.
    """
    chapters: dict[str, list[Rule]] = {}
    for rule in catalogue.rules:
        chapters.setdefault(f"{PurePath(rule.file).stem}.md", []).append(rule)
    made = {"catalogue.md": "\n".join(_overview(catalogue, chapters))}
    for name, rules in chapters.items():
        ordered = sorted(rules, key=lambda rule: (rule.id, rule.version))
        made[name] = f"{_WRITTEN}\n\n" + "\n".join("\n".join(_rule(rule, catalogue)) for rule in ordered)
    places = {rule.id: name for name, rules in chapters.items() for rule in rules}
    for event in catalogue.codes.events:
        if any(event in rule.events for rule in catalogue.rules):
            made[page_name(event)] = event_page(event, catalogue, _WRITTEN, places)
    made["facts.md"] = "\n".join(_facts(catalogue))
    return {name: text.rstrip() + "\n" for name, text in made.items()}


def _overview(catalogue: Catalogue, chapters: dict[str, list[Rule]]) -> Iterator[str]:
    yield f"# 手続き一覧 / Catalogue of procedures: {catalogue.name.ja} / {catalogue.name.en}"
    yield ""
    yield f"{_WRITTEN} The facts that conditions read are in [facts.md](facts.md)."
    yield f"National catalogue {catalogue.national_version}, released on {catalogue.released}."
    yield ""
    linked = [
        f"[{words.name.ja} / {words.name.en}]({page_name(event)})"
        for event, words in catalogue.codes.events.items()
        if any(event in rule.events for rule in catalogue.rules)
    ]
    yield f"Diagrams by life event: {', '.join(linked)}."
    yield ""
    yield _LEGEND
    yield "| 区分 class | meaning |"
    yield "|---|---|"
    for code, words in catalogue.codes.classes.items():
        yield f"| {code} | {words.ja} / {words.en} |"
    yield ""
    yield "| id | 手続き | procedure | 担当 | 区分 | 期限 | 確度 |"
    yield "|---|---|---|---|---|---|---|"
    for name, rules in chapters.items():
        for rule in rules:
            face = rule.face
            link = f"[{rule.id}]({name}#{rule.id.lower()})"
            cells = [link, face.name.ja, face.name.en, face.department.name.ja, face.klass]
            due = deadline_words(face.deadline, catalogue, rule.events)
            yield f"| {' | '.join([*cells, due, rule.confidence])} |"


def _rule(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    yield f'## <a id="{rule.id.lower()}"></a>{rule.id} {rule.face.name.ja}'
    yield ""
    yield f"{rule.face.name.en}. {rule.face.reason.ja} / {rule.face.reason.en}"
    yield ""
    events = [words.name.ja for code, words in catalogue.codes.events.items() if code in rule.events]
    yield f"- きっかけ events: {'、'.join(events)}"
    if rule.effective_from or rule.effective_to:
        yield f"- 期間 in force: {rule.effective_from or '…'} – {rule.effective_to or '…'}"
    yield f"- 対象 for: {'異動者ごと / each person' if rule.person else '世帯 / the household'}"

    def due(face: Face) -> str:
        return deadline_words(face.deadline, catalogue, rule.events)

    words = condition(rule.when, catalogue)
    yield f"- 条件 condition: {words.ja} / {words.en}"
    yield from _face(rule.face, due=due(rule.face))
    for variant in rule.variants:
        sure = "（要確認）" if variant.needs_confirmation else ""
        yield f"- 場合分け `{variant.id}`{sure}: {condition(variant.when, catalogue).ja}"
        yield from (f"  {line}" for line in _face(variant.face, rule.face, due=due(variant.face)))
    for name, listed in (("まとめる手続き bundles", rule.bundles), ("同時に出ない excludes", rule.excludes)):
        if listed:
            yield f"- {name}: {'、'.join(listed)}"
    yield from _effects(rule, catalogue)
    for entry in rule.history:
        source = f"（{entry.source}）" if entry.source else ""
        yield f"- 沿革 history: {entry.since} {entry.words.ja} / {entry.words.en}{source}"
    sources = f"、出典 {'; '.join(rule.sources)}" if rule.sources else ""
    yield f"- 自治体差 {rule.variance}、確度 {rule.confidence}{sources}"
    for doubt in rule.doubts:
        yield f"- 未確認 doubt: {doubt}"
    yield ""


_EFFECTS = {"gains": "始まる", "keeps": "続く", "loses": "終わる", "elsewhere": "ほかで受ける"}


def _effects(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    """What the rule means for what a person has, and beside which rules it may say something contrary."""
    faces = [("", rule.face)]
    faces += [(f"（`{one.id}`）", one.face) for one in rule.variants if one.face.effects != rule.face.effects]
    for name, face in faces:
        said = [
            f"{catalogue.codes.things[thing].name.ja} {_EFFECTS[effect]} {effect}"
            for thing, effect in face.effects.items()
        ]
        if said:
            yield f"- 効果{name} effects: {'、'.join(said)}"
    for other, why in rule.alongside.items():
        yield f"- {other} と同時に出うる alongside: {why.ja} / {why.en}"


def _face(face: Face, base: Face | None = None, *, due: str) -> Iterator[str]:
    """The face, or only where it differs from the rule's main one."""
    if base is not None and face.name != base.name:
        yield f"- 名称 name: {face.name.ja} / {face.name.en}"
    desk = f" {face.department.desk.ja}" if face.department.desk else ""
    if base is None or face.department != base.department:
        yield f"- 担当 department: {face.department.name.ja}{desk} (`{face.department.id}`)"
    if base is None or (face.klass, face.group, face.optional) != (base.klass, base.group, base.optional):
        optional = "、任意 optional" if face.optional else ""
        yield f"- 区分 class: {face.klass}、扱い handling: {face.group}{optional}"
    if base is None or face.deadline != base.deadline:
        yield f"- 期限 deadline: {due}"
    if base is None or [one.id for one in face.documents] != [one.id for one in base.documents]:
        yield f"- 持ち物 documents: {'、'.join(document.name.ja for document in face.documents) or 'なし'}"
    if base is None and face.applicants:
        names = [one.name.ja + ("" if one.same_day else "（即日不可）") for one in face.applicants]
        yield f"- 届出・申請できる方 applicants: {'、'.join(names)}"
    if base is None or face.legal_basis != base.legal_basis:
        yield f"- 根拠 legal basis: {'、'.join(face.legal_basis)}"
    if face.fee is not None and (base is None or face.fee != base.fee):
        per = f"（{face.fee.per.ja}）" if face.fee.per else ""
        yield f"- 手数料 fee: {'市区町村による' if face.fee.yen is None else f'{face.fee.yen:,}円'}{per}"
    if face.forms and (base is None or face.forms != base.forms):
        yield f"- 様式 forms: {'、'.join(form.name.ja for form in face.forms)}"
    if base is None and face.lost_if_missed is not None:
        yield f"- 遅れると失うもの lost if missed: {face.lost_if_missed.ja} / {face.lost_if_missed.en}"
    if base is None and face.confirm is not None:
        yield f"- 要確認 to confirm: {face.confirm.ja} / {face.confirm.en}"
    if base is None and face.note is not None:
        yield f"- 注意 note: {face.note.ja}"


def _facts(catalogue: Catalogue) -> Iterator[str]:
    yield "# 事実 / Facts"
    yield ""
    yield _WRITTEN
    yield ""
    yield "| name | 範囲 scope | type | source | 意味 meaning | 値 values | 質問 question |"
    yield "|---|---|---|---|---|---|---|"
    for spec in catalogue.facts.values():
        question = f"{spec.question.ja} / {spec.question.en}" if spec.question else ""
        values = ", ".join(f"`{value}`" for value in spec.words if isinstance(value, str))
        kind = f"{spec.type} ({spec.unit})" if spec.unit else spec.type
        cells = [f"`{spec.name}`", spec.scope, kind, spec.source, f"{spec.label.ja} / {spec.label.en}"]
        yield f"| {' | '.join([*cells, values, question])} |"
