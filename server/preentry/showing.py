"""The list for a resident: what to do, where, by when, and what to bring. Pure; no I/O.

Nothing doubtful is told as certain: what carries 要確認, and what only the counter can settle, stands apart.
Confidential procedures are left out: the page may lie open on a table, and its print on a desk.
"""

from dataclasses import dataclass

from procedures import Guidance, Item, Text
from procedures.engine.guidance import Applicant, Deadline, Document
from procedures.engine.guidance_parts import Fee
from procedures.pages.resident_list import fee_text, where_text

GROUPS = ("counter", "department", "elsewhere", "later", "automatic")


@dataclass(frozen=True)
class Entry:
    """One procedure. `where` is department and desk, `who` those who may come, somebody with a letter
    (委任状) last and with what they need."""

    procedure_id: str
    name: Text
    reason: Text
    people: tuple[str, ...]
    where: Text
    deadline: Deadline
    optional: bool
    lost_if_missed: Text | None
    fee: Text | None
    documents: tuple[Document, ...]
    who: Text | None
    deciding: tuple[Text, ...]


@dataclass(frozen=True)
class Bring:
    """A document for the counter, for which people and for which procedures it is needed."""

    id: str
    name: Text
    people: tuple[str, ...]
    needed_for: tuple[Text, ...]
    note: Text | None


@dataclass(frozen=True)
class Listing:
    """Everything on the resident's page.

    `groups` are sure; `doubtful` may well apply and staff look into them; `open_ones` depend on answers that
    are missing. `spared` need not be brought, each with the reason.
    """

    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    doubtful: tuple[Entry, ...]
    open_ones: tuple[Entry, ...]
    bring: tuple[Bring, ...]
    perhaps: tuple[Bring, ...]
    spared: tuple[Bring, ...]

    @property
    def empty(self) -> bool:
        return not (self.groups or self.doubtful or self.open_ones)


def listing(guidance: Guidance) -> Listing:
    """The list that residents read."""
    sure = [item for item in guidance.applies if _is_sure(item)]
    doubtful = [item for item in guidance.applies if not _is_sure(item) and not item.confidential]
    doubtful += [item for item in guidance.needs_confirmation if not item.confidential]
    groups = tuple(
        (group, tuple(_entry(item) for item in sure if group_of(item) == group)) for group in GROUPS
    )
    here = [item for item in sure if not item.department.external]
    there = [item for item in doubtful if not item.department.external]
    bring = _documents(here, "yes")
    known = {one.id for one in bring}
    perhaps = _documents(here, "unknown") + _documents(there, "yes") + _documents(there, "unknown")
    return Listing(
        groups=tuple((group, entries) for group, entries in groups if entries),
        doubtful=tuple(_entry(item) for item in doubtful),
        open_ones=tuple(_entry(item) for item in guidance.may_apply if not item.confidential),
        bring=bring,
        perhaps=tuple({one.id: one for one in perhaps if one.id not in known}.values()),
        spared=tuple(one for one in _documents(here, "no") if one.id not in known),
    )


def group_of(item: Item) -> str:
    """Where and when a resident deals with it, one of GROUPS."""
    if item.department.external:
        return "elsewhere"
    if item.klass == "E":
        return "automatic"
    if item.group == "handover":
        return "department"
    if item.group == "advice":
        return "later"
    once_more = bool(item.applicants) and not any(one.same_day for one in item.applicants)
    return "later" if once_more else "counter"


def _is_sure(item: Item) -> bool:
    return item.to_confirm is None and not item.confidential


def _entry(item: Item) -> Entry:
    return Entry(
        procedure_id=item.procedure_id,
        name=item.name,
        reason=item.reason,
        people=item.person_ids,
        where=where_text(item.department),
        deadline=item.deadline,
        optional=item.optional,
        lost_if_missed=item.lost_if_missed,
        fee=_fee(item.fee) if item.fee else None,
        documents=item.documents,
        who=_who(item.applicants),
        # What only the register knows, no resident can tell.
        deciding=tuple(fact.label for fact in item.deciding if fact.state != "unavailable"),
    )


def _who(applicants: tuple[Applicant, ...]) -> Text | None:
    """Everybody who may come, in one line."""
    own = [one for one in applicants if one.who != "proxy"]
    proxies = [one for one in applicants if one.who == "proxy"][:1]
    names = [one.name for one in own] + [
        _noted(one.name, one.note) if one.note else one.name for one in proxies
    ]
    if not names:
        return None
    first, *others = (text.en for text in names)
    return Text(
        "、".join(text.ja for text in names),
        ", ".join([first, *(text[0].lower() + text[1:] for text in others)]),
        "、".join(text.easy or text.ja for text in names),
    )


def _noted(text: Text, note: Text) -> Text:
    easy = f"{text.easy or text.ja}（{note.easy or note.ja}）"
    return Text(f"{text.ja}（{note.ja}）", f"{text.en} ({note.en})", easy)


def _fee(fee: Fee) -> Text:
    """What it costs, with what there is to say of it."""
    return fee_text(fee) if fee.note is None else _noted(fee_text(fee), fee.note)


def _documents(items: list[Item], needed: str) -> tuple[Bring, ...]:
    """The documents of these procedures, each once, with everybody and everything it is for."""
    found: dict[str, Bring] = {}
    for item in items:
        for document in item.documents:
            if document.needed != needed:
                continue
            # The same thing goes by slightly different names; the first procedure's counts.
            earlier = found.get(document.id)
            people = tuple(dict.fromkeys((*(earlier.people if earlier else ()), *document.person_ids)))
            procedures = {text.ja: text for text in (earlier.needed_for if earlier else ())}
            procedures[item.name.ja] = item.name
            name, note = (earlier.name, earlier.note) if earlier else (document.name, document.note)
            found[document.id] = Bring(document.id, name, people, tuple(procedures.values()), note)
    return tuple(found.values())
