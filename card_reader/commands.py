"""`kakanai card …`: read a card at a terminal, and lay simulated cards into the virtual reader."""

import argparse
import json
import sys

from card_reader.messages import CardReadMessage, Outcome
from card_reader.simulated import commands as simulated

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

    simulated.add(commands)


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
