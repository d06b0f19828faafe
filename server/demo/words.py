"""What `kakanai run` says at the terminal, Japanese first, and the run.json that other programs read."""

import json
import unicodedata
from pathlib import Path

from server.demo.children import Child
from server.demo.plan import ACCOUNTS, PASSWORD, Plan
from server.demo.state_dir import settings_file


def both(ja: str, en: str) -> str:
    """One line in both languages."""
    return f"{ja} / {en}"


def port_taken(name: str, port: int) -> str:
    """Somebody else listens where `name` should."""
    return both(
        f"ポート {port}（{name}）はほかのプログラムが使っています。"
        "それを止めるか、--port-offset でずらしてください。",
        f"Port {port} ({name}) is taken by another program: stop it, or move ours with --port-offset.",
    )


def summary(plan: Plan) -> str:
    """Where to go and who to be; ends with the line KAKANAI READY."""
    logins = [account.login for account in ACCOUNTS]
    # One clerk per counter, so that two people can play at once.
    clerks = iter([account.login for account in ACCOUNTS if account.role == "clerk"])
    department = next(account.login for account in ACCOUNTS if account.role == "department")
    administrator = next(account.login for account in ACCOUNTS if account.role == "administrator")
    rows = []
    for station in plan.stations:
        if station.kind == "kiosk":
            rows.append(("発券機", "kiosk", station.page, ""))
        else:
            rows.append((f"{station.desk}番窓口", f"counter {station.desk}", station.page, next(clerks, "")))
    rows += [
        ("担当課", "back office", plan.urls["backoffice"], department),
        ("管理", "administration", plan.urls["admin"], administrator),
        ("手続きナビ", "navigator", plan.urls["navigator"], ""),
        ("呼出表示", "call display", plan.urls["display"], ""),
        ("模擬機器", "hardware desk", plan.urls["devdock"], ""),
    ]
    lines = [
        "",
        both("準備ができました。画面をブラウザーで開いてください。", "Ready. Open these in a browser."),
        "",
        *(f"  {_pad(ja, 10)} {_pad(en, 14)} {_pad(url, 38)} {who}".rstrip() for ja, en, url, who in rows),
        "",
        f"  {_pad('利用者', 10)} {_pad('accounts', 14)} {', '.join(logins)}",
        f"  {_pad('パスワード', 10)} {_pad('password', 14)} {PASSWORD}",
        f"  {_pad('データ', 10)} {_pad('data', 14)} {plan.state_dir}",
        f"  {_pad('止める', 10)} {_pad('to stop', 14)} Ctrl-C",
        "",
        "KAKANAI READY",
    ]
    return "\n".join(lines)


def run_json(plan: Plan, children: list[Child], supervisor: int) -> str:
    """What is running, for tests and tools: urls, accounts, stations, pids."""
    document = {
        "urls": plan.urls,
        "accounts": [
            {"login": a.login, "password": PASSWORD, "role": a.role, "ja": a.ja, "en": a.en} for a in ACCOUNTS
        ],
        "stations": [
            {
                "name": s.name,
                "kind": s.kind,
                "desk": s.desk,
                "port": s.port,
                "url": f"http://127.0.0.1:{s.port}/",
                "page": s.page,
                "settings": str(settings_file(plan, s)),
            }
            for s in plan.stations
        ],
        "pids": {"supervisor": supervisor, **{child.name: child.pid for child in children}},
        "state_dir": str(plan.state_dir),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write_atomically(path: Path, text: str) -> None:
    """Replace the file in one step: nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _pad(text: str, columns: int) -> str:
    """Fill up to so many terminal columns; kanji and kana take two."""
    taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * (columns - taken)
