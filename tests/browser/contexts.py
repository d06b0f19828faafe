"""What the public pages are rendered with: invented people, a full waiting line."""

from types import SimpleNamespace
from typing import Any

UPRIGHT, LYING = (1080, 1920), (1920, 1080)
SERVICES = {"ja": "引っこしの届出", "en": "Moving house"}
LINES = (
    ("move", "引っこしの届出", "Moving house", 3, (10, 15)),
    ("certificate", "証明書", "Certificates", 1, (3, 5)),
    ("card", "マイナンバーカード", "My Number card", 0, (0, 5)),
    ("insurance", "国保・年金・こども", "Insurance, pension, children", 112, (240, 360)),
    ("other", "ご相談", "Other questions", 2, (5, 5)),
)
BOARD: dict[str, Any] = {
    "version": 1,
    "current": [{"label": "B012", "desk": "3"}, {"label": "A034", "desk": "11"}],
    "recent": [{"label": f"A0{30 + n}", "desk": str(n + 1)} for n in range(5)],
    "waiting": [
        {"name": ja, "name_en": en, "count": count, "estimate": list(estimate)}
        for _, ja, en, count, estimate in LINES
    ],
}


def lines() -> list[SimpleNamespace]:
    """The classes on the first screen."""
    return [
        SimpleNamespace(code=code, name=ja, name_en=en, count=count, estimate=estimate)
        for code, ja, en, count, estimate in LINES
    ]


def service(lang: str) -> dict[str, str]:
    """The class that was chosen."""
    return {"service": "move", "service_name": SERVICES[lang]}


def issued(lang: str, print_state: str) -> dict[str, Any]:
    """A ticket and how its paper stands."""
    return {
        "ticket": SimpleNamespace(id="t-1", ticket_id="t-1", label="B012", ahead=3),
        "service_name": SERVICES[lang],
        "estimate": (10, 15),
        "print_state": print_state,
        "status_qr": "/kiosk/tickets/t-1/qr.svg",
    }


def kiosk_pages(lang: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every page of the kiosk: {name: (template, context)}."""
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "start": ("kiosk/start.html", {"open": True, "classes": lines()}),
        "closed": ("kiosk/start.html", {"open": False, "classes": lines()}),
        "card": ("kiosk/card.html", service(lang) | {"looks_at_certificate": True}),
        "pin": ("kiosk/pin.html", service(lang) | {"modes": ["pin", "b", "none"]}),
        "problem": ("problem.html", {"title": SERVICES[lang], "action": SERVICES[lang], "status": 503}),
    }
    for state in ("queued", "printed", "paper_out"):
        pages[state] = ("kiosk/ticket.html", issued(lang, state))
    return pages


def review(hidden: bool = False) -> dict[str, Any]:
    """A household of four on the second screen; `hidden` addresses stay on paper."""
    rows = [
        _row("moved_on", "2026-11-20", "date"),
        _row("new_address", "見本県見本市みどり台三丁目12番5号　見本ハイツ201号室", hidden=hidden),
        _row("old_address", "見本県見本市一番町1番2号", hidden=hidden),
        _row("filer", "見本　太郎"),
    ]
    people = (
        ("見本　太郎", "1973-05-03", "世帯主"),
        ("見本　花子", "1975-01-20", "妻"),
        ("見本　みどり", "2016-08-08", "子"),
        ("見本　うめ", "不詳", "母"),
    )
    for number, (name, birth, relationship) in enumerate(people, start=1):
        rows.append(_row("name", name, person=number))
        rows.append(_row("birth", birth, "date", person=number))
        rows.append(_row("relationship", relationship, person=number))
    return {
        "state": "review",
        "rows": rows,
        "reception_id": "r-1",
        "intake_id": "i-1",
        "desk": "3",
        "papers": ["residence_change"],
    }


def _row(
    name: str, value: str, kind: str = "text", person: int | None = None, hidden: bool = False
) -> SimpleNamespace:
    key = f"{name}:{person}" if person else name
    label = f"second.row.{name}"
    return SimpleNamespace(key=key, label=label, value=value, kind=kind, person=person, hidden=hidden)


def phone(state: str, ahead: int = 3) -> dict[str, Any]:
    """The page behind a ticket's code."""
    ticket = SimpleNamespace(
        label="B012", class_ja=SERVICES["ja"], class_en=SERVICES["en"], desk="3", calls=1, state=state
    )
    return {"token": "a-token", "ticket": ticket, "ahead": ahead, "estimate": (10, 15) if ahead else None}
