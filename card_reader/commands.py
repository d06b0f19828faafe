"""`kakanai card …`: read a card at a terminal, and lay simulated cards into the virtual reader."""

import argparse
import json
import os
import sys
from pathlib import Path

from card_reader.messages import CardReadMessage, Outcome

_OK, _FINDING, _USAGE, _MISSING = 0, 1, 2, 3
_EXIT_CODES: dict[Outcome, int] = {
    "read": _OK,
    "unreadable": _FINDING,
    "no_service": _MISSING,
    "no_reader": _MISSING,
    "no_card": 10,
    "other_card": 11,
    "wrong_secret": 12,
    "blocked": 13,
    "last_try_refused": 13,
    "removed": 14,
}
_SENTENCES: dict[Outcome, str] = {
    "read": "読み取りました / The card was read.",
    "unreadable": "カードを読み取れませんでした / The card could not be read.",
    "no_service": "スマートカードのサービスが動いていません / The smart card service does not run.",
    "no_reader": "カードリーダーが見つかりません / There is no such card reader.",
    "no_card": "カードが置かれていません / There is no card on the reader.",
    "other_card": "マイナンバーカードではありません / This is not a My Number card.",
    "wrong_secret": "暗証番号が違います / The PIN is wrong.",
    "blocked": "暗証番号がロックされています。再設定が必要です / The PIN is blocked and has to be set anew.",
    "last_try_refused": "残り1回のため照合しませんでした / One try is left; the PIN was not sent.",
    "removed": "読み取りの途中でカードが離れました / The card was removed while it was read.",
}


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers `card` with its commands."""
    card = subparsers.add_parser("card", help="read a My Number card; lay simulated cards into a reader")
    commands = card.add_subparsers(metavar="ACTION", required=True)

    read = commands.add_parser(
        "read", help="read name, address, birth date and sex from the card on a reader"
    )
    read.add_argument(
        "--reader", default="", metavar="NAME", help="part of the reader's name (default: any real one)"
    )
    read.add_argument(
        "--mode", choices=["pin"], default="pin", help="what opens the card: the four-digit PIN"
    )
    read.add_argument(
        "--secret-stdin",
        action="store_true",
        required=True,
        help="take the secret from standard input, one line",
    )
    read.add_argument("--allow-last-try", action="store_true", help="send the PIN also when one try is left")
    read.add_argument("--json", action="store_true", help="print one JSON object")
    read.set_defaults(run=run_read)

    insert = commands.add_parser(
        "insert", help="lay a persona's card into the virtual reader until it is removed"
    )
    insert.add_argument("persona", metavar="PERSONA", help="an id that `card personas` lists")
    _slot_arguments(insert)
    insert.set_defaults(run=run_insert)

    remove = commands.add_parser("remove", help="take the card out of the virtual reader")
    _slot_arguments(remove)
    remove.set_defaults(run=run_remove)

    personas = commands.add_parser("personas", help="list the cards that can be laid on")
    personas.add_argument("--json", action="store_true", help="print one JSON object")
    personas.set_defaults(run=run_personas)


def _slot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--slot", type=int, choices=[0, 1], default=0, help="slot of the virtual reader (default 0)"
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where cards keep their tries (KAKANAI_STATE_DIR, default ./state)",
    )


def _state_dir(args: argparse.Namespace) -> Path:
    return args.state_dir or Path(os.environ.get("KAKANAI_STATE_DIR") or "state")


def run_read(args: argparse.Namespace) -> int:
    """One reading of the card that lies on the reader now.

    0 read, 1 unreadable, 2 not a PIN, 3 no service, reader or pyscard, 10 no card, 11 other card, 12 wrong
    PIN, 13 blocked or last try refused, 14 removed.
    """
    from card_reader.pcsc import PcscNotInstalled, PcscReader
    from card_reader.reading import read_card

    pin = bytearray(sys.stdin.buffer.readline().rstrip(b"\r\n"))
    try:
        message = read_card(PcscReader(args.reader), pin, allow_last_try=args.allow_last_try)
    except PcscNotInstalled as error:
        print(error, file=sys.stderr)
        return _MISSING
    finally:
        pin[:] = bytes(len(pin))
    print(_as_json(message) if args.json else _as_text(message))
    if message.detail == "check_secret:secret_format":
        return _USAGE
    return _EXIT_CODES[message.outcome]


def _as_json(message: CardReadMessage) -> str:
    read = message.attributes
    return json.dumps(
        {
            "outcome": message.outcome,
            "name": read and read.name,
            "address": read and read.address,
            "birth": read and read.birth,
            "sex": read and read.sex,
            "tries_left": message.tries_left,
            "apdus": message.apdus,
            "other_kind": message.other_kind,
            "detail": message.detail,
        },
        ensure_ascii=False,
    )


def _as_text(message: CardReadMessage) -> str:
    lines = [_SENTENCES[message.outcome]]
    if message.attributes is not None:
        read = message.attributes
        lines += [
            f"氏名 / name: {read.name}",
            f"住所 / address: {read.address}",
            f"生年月日 / birth date: {read.birth}",
            f"性別 / sex: {read.sex}",
        ]
    if message.tries_left is not None:
        lines.append(f"残り回数 / tries left: {message.tries_left}")
    if message.other_kind or message.detail:
        lines.append(f"({message.other_kind or message.detail})")
    return "\n".join(lines)


def run_insert(args: argparse.Namespace) -> int:
    """Stays in the foreground until `card remove`, SIGTERM or Ctrl-C takes the card out."""
    from card_reader.simulated.personas import load_personas
    from card_reader.simulated.slot import SlotTaken, hold_card
    from card_reader.simulated.vpcd import NoVirtualReader

    persona = load_personas().get(args.persona)
    if persona is None:
        print(f"no persona {args.persona!r}; `kakanai card personas` lists them", file=sys.stderr)
        return _USAGE
    try:
        with hold_card(persona, args.slot, _state_dir(args)) as until_removed:
            print(f"{persona.label.ja} / {persona.label.en} → Virtual PCD 00 {args.slot:02d}", flush=True)
            until_removed()
    except SlotTaken:
        print(f"a card lies in slot {args.slot}; take it out with `kakanai card remove`", file=sys.stderr)
        return _FINDING
    except NoVirtualReader as error:
        print(f"{error}: start pcscd with vsmartcard-vpcd installed", file=sys.stderr)
        return _MISSING
    return _OK


def run_remove(args: argparse.Namespace) -> int:
    """0 when a card was taken out, 1 when there was none."""
    from card_reader.simulated.slot import take_out

    if take_out(args.slot, _state_dir(args)):
        return _OK
    print(f"there is no card in slot {args.slot}", file=sys.stderr)
    return _FINDING


def run_personas(args: argparse.Namespace) -> int:
    """Lists the fictional people of the demonstration; their PINs are no secret."""
    from card_reader.simulated.personas import load_personas

    found = load_personas()
    if args.json:
        listed = {
            key: {"label": persona.label.model_dump(), "kind": persona.kind, "pin": persona.pin}
            for key, persona in found.items()
        }
        print(json.dumps({"personas": listed}, ensure_ascii=False))
        return _OK
    for key, persona in found.items():
        pin = f"PIN {persona.pin}" if persona.pin else ""
        print(f"{key:24}{persona.kind:16}{pin:10}{persona.label.ja} / {persona.label.en}")
    return _OK
