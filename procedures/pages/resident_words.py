"""Every text that a resident can come to read, and which of them lack やさしい日本語 or a reading.

Japanese and English are obligatory everywhere. Easy Japanese falls back to Japanese where it is missing, so
that nobody stands before an empty place; `kakanai procedures check` demands it for all that is shipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from procedures.engine.catalogue import Catalogue, Face, Rule
from procedures.logic.facts import FactSpec
from procedures.reading.loading import load_catalogue
from procedures.reading.yaml_lines import CatalogueInvalid, Problem
from procedures.terms.text import Text

_WITHOUT_READING = re.compile(r"[一-龯々]+(?![一-龯々（])")
Told = tuple[str, Text | None]


def unspoken_in(data: Path) -> list[Problem]:
    """What `unspoken` finds in every municipality that loads; the others are reported elsewhere."""
    found: list[Problem] = []
    for folder in sorted(path for path in (data / "municipalities").iterdir() if path.is_dir()):
        with suppress(CatalogueInvalid):
            found += unspoken(load_catalogue(folder.name, data))
    return list(dict.fromkeys(found))


def unspoken(catalogue: Catalogue) -> Iterator[Problem]:
    """A problem for each text without やさしい日本語, and for each word of kanji without its reading."""
    for file, line, what, text in _texts(catalogue):
        if not text.easy:
            yield Problem(file, line, f"{what}: residents read this, it needs `easy` (「{text.ja}」)")
        elif bare := _WITHOUT_READING.search(text.easy):
            yield Problem(file, line, f"{what}: 「{bare[0]}」 needs its reading in `easy`")


def _texts(catalogue: Catalogue) -> Iterator[tuple[str, int, str, Text]]:
    for each in (catalogue, *catalogue.later):
        for rule in each.rules:
            if not rule.confidential:
                for what, text in _of_rule(rule):
                    if text is not None:
                        yield rule.file, rule.line, f"{rule.id} {what}", text
        for spec in each.facts.values():
            for what, text in _of_fact(spec):
                if text is not None:
                    yield spec.file, spec.line, f"{spec.name} {what}", text
        overlay = f"overlay.yaml of {each.municipality}"
        for key, department in each.departments.items():
            for text in filter(None, (department.name, department.desk)):
                yield overlay, 0, f"department {key}", text
        for one in each.impossible:
            yield "impossible.yaml", 0, one.id, one.words
        yield overlay, 0, "name", each.name
        for key, site in each.opening.sites.items() if each.opening else ():
            yield overlay, 0, f"site {key}", site.name


def _of_rule(rule: Rule) -> Iterator[Told]:
    for face in (rule.face, *(variant.face for variant in rule.variants)):
        yield from _of_face(face)
    for _, words in rule.not_needed:
        yield "not_needed", words


def _of_face(face: Face) -> Iterable[Told]:
    yield "name", face.name
    yield "reason", face.reason
    yield "lost_if_missed", face.lost_if_missed
    for form in face.forms:
        yield "form", form.name
    for document in face.documents:
        yield f"document {document.id}", document.name
        yield f"document {document.id}", document.note
        for _, words in document.unnecessary_when:
            yield f"document {document.id}", words
    for applicant in face.applicants:
        yield f"applicant {applicant.who}", applicant.name
        yield f"applicant {applicant.who}", applicant.note
    if face.deadline.type == "text":
        yield "deadline", face.deadline.words.text()
    if face.fee is not None:
        yield "fee", face.fee.per
        yield "fee", face.fee.note


def _of_fact(spec: FactSpec) -> Iterator[Told]:
    """Questions and answers of what residents are asked; the name of everything that can keep a rule open."""
    if spec.derive is None:
        yield "label", spec.label
        for words in spec.label_for.values():
            yield "label_for", words
    yield "question", spec.question
    for words in spec.question_for.values():
        yield "question_for", words
    if spec.question is not None and spec.type != "yes_no":
        for words in spec.words.values():
            yield "choices", words
