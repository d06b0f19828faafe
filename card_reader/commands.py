"""`kakanai card …`: read a card at a terminal, see what lies there, and lay simulated cards into the virtual
reader."""

import argparse
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from card_reader.messages import MALFORMED, CardReadMessage
from card_reader.simulated import commands as simulated

if TYPE_CHECKING:
    from card_reader.mynumber import Extras
    from card_reader.reader import Reader

T = TypeVar("T")

_OK, _FINDING, _USAGE, _MISSING = 0, 1, 2, 3
# Longer than a card and a service need for a look that are merely slow.
_PATIENCE_S = 10.0
_EXIT_CODES: dict[str, int] = {
    "read": _OK,
    "unreadable": _FINDING,
    "no_service": _MISSING,
    "no_reader": _MISSING,
    "stalled": _MISSING,
    "no_card": 10,
    "other_card": 11,
    "wrong_secret": 12,
    "blocked": 13,
    "last_try_refused": 13,
    "removed": 14,
}


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers `card` with its commands."""
    card = subparsers.add_parser(
        "card",
        help="カードを読む・模擬カードを置く / read a My Number card; lay simulated cards into a reader",
    )
    commands = card.add_subparsers(metavar="ACTION", required=True)

    read = commands.add_parser("read", help="カードを読む / read the card on a reader, by one of four ways")
    _common(read)
    read.add_argument(
        "--mode",
        choices=["pin", "b", "face", "none"],
        default="pin",
        help="what opens the card: the four-digit PIN, 照合番号B (14 digits), the same for the card's face, "
        "or nothing",
    )
    read.add_argument(
        "--secret-stdin", action="store_true", help="take the secret from standard input, one line"
    )
    read.add_argument(
        "--allow-last-try", action="store_true", help="send the secret also when one try is left"
    )
    read.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="the municipality's choices (YAML or TOML): certificate_expiry and authenticity hold",
    )
    read.set_defaults(run=run_read)

    doctor = commands.add_parser(
        "doctor",
        help="リーダーとカードと残り回数を見る / "
        "say which readers and which card are there, and how many tries are left",
    )
    _common(doctor)
    doctor.add_argument(
        "--certificate",
        action="store_true",
        help="tell the certificate's expiry too, which gives the holder's birthday away",
    )
    doctor.set_defaults(run=run_doctor)

    simulated.add(commands)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reader", default="", metavar="NAME", help="part of the reader's name (default: any real one)"
    )
    parser.add_argument(
        "--lang", choices=["ja", "en", "both"], default="both", help="language of the sentences"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run_read(args: argparse.Namespace) -> int:
    """One reading of the card that lies on the reader now.

    0 read, 1 unreadable, 2 not a secret of this kind or a bad policy, 3 no service (or one that hangs),
    reader or pyscard, 10 no card, 11 other card, 12 wrong secret, 13 blocked or last try refused, 14 removed.
    """
    from card_reader import report
    from card_reader.pcsc import PcscNotInstalled, PcscReader
    from card_reader.reading import read_card
    from card_reader.sentences import sentences
    from card_reader.yamlfile import BadDataFile

    if args.mode != "none" and not args.secret_stdin:
        print(
            "この読み取り方には番号が要ります。--secret-stdin を付けてください。 / "
            "This way of reading needs a secret: add --secret-stdin.",
            file=sys.stderr,
        )
        return _USAGE
    secret = bytearray()
    try:
        extras = _extras(args.policy)
        chosen = PcscReader(args.reader)
        # Asked before there is a secret: a driver that hangs would keep it as long.
        reader = _in_time(lambda: _awake(chosen, args.reader))
        if reader is None:
            print(sentences().outcomes["stalled"].said(args.lang), file=sys.stderr)
            return _MISSING
        if args.mode != "none":
            secret = _typed_secret(args.mode)
        message = read_card(
            reader,
            secret,
            mode=args.mode,
            allow_last_try=args.allow_last_try,
            extras=extras,
        )
        name = reader.name
    except BadDataFile as error:
        print(error, file=sys.stderr)
        return _USAGE
    except PcscNotInstalled as error:
        print(error, file=sys.stderr)
        return _MISSING
    finally:
        secret[:] = bytes(len(secret))
    if args.json:
        print(json.dumps(report.as_json(message), ensure_ascii=False))
    else:
        print("\n".join([*report.in_words(message, args.lang, name), *_only_virtual(args, message.outcome)]))
    return _code(message)


def _code(message: CardReadMessage) -> int:
    if message.detail == MALFORMED:
        return _USAGE
    return _EXIT_CODES[message.outcome]


def _extras(policy: Path | None) -> "Extras":
    from card_reader.mynumber import NO_EXTRAS
    from card_reader.policy import load_policy

    return load_policy(policy).extras if policy else NO_EXTRAS


def _typed_secret(mode: str) -> bytearray:
    """One line of standard input. 照合番号B may carry what people and scanners put between its parts."""
    from card_reader.b_number import BNumber, b_from_scan

    line = bytearray(sys.stdin.buffer.readline().rstrip(b"\r\n"))
    if mode == "pin":
        return line
    try:
        found = b_from_scan(line.decode("utf-8", errors="replace"))
    finally:
        line[:] = bytes(len(line))
    return found.digits if isinstance(found, BNumber) else bytearray()


def _names(part: str) -> tuple[str, ...]:
    """The readers whose names contain `part`; none without the service."""
    from card_reader.pcsc import reader_names
    from card_reader.transport import ReaderFailed

    try:
        return reader_names(part)
    except ReaderFailed:
        return ()


def _awake(chosen: "Reader", named: str) -> "Reader":
    """`chosen` with the other readers that could be meant by `named`, once its driver has answered."""
    from card_reader.alone import AloneReader
    from card_reader.pcsc import PcscReader

    reader = AloneReader(chosen, [PcscReader(name) for name in _names(named)[1:]])
    reader.probe()
    return reader


def _only_virtual(args: argparse.Namespace, outcome: str) -> list[str]:
    """What whoever laid in a simulated card has to know, when no other reader is there."""
    from card_reader.pcsc import VIRTUAL_READERS
    from card_reader.sentences import sentences

    if args.reader or outcome != "no_reader" or not _names(VIRTUAL_READERS):
        return []
    return [sentences().outcomes["only_virtual"].said(args.lang)]


def _in_time(work: Callable[[], T]) -> T | None:
    """What `work` gives, None when it takes too long: no call of PC/SC has a time limit, and a driver that
    hangs would keep even Ctrl-C waiting. The thread ends with the process; not for what holds a secret."""
    done: list[T] = []
    worker = threading.Thread(target=lambda: done.append(work()), daemon=True)
    worker.start()
    worker.join(_PATIENCE_S)
    return done[0] if done else None


def run_doctor(args: argparse.Namespace) -> int:
    """What is there now; uses no try.

    0 a My Number card that can be read, 1 something is wrong with it, 3 no service (or one that hangs),
    reader or pyscard, 10 no card, 11 other card, 14 removed.
    """
    from card_reader import doctor
    from card_reader.pcsc import PcscNotInstalled, PcscReader

    try:
        chosen = PcscReader(args.reader)
    except PcscNotInstalled as error:
        print(error, file=sys.stderr)
        return _MISSING

    def look() -> doctor.Diagnosis:
        readers = tuple(
            doctor.ReaderSeen(name, PcscReader(name).state().value, chosen=index == 0)
            for index, name in enumerate(_names(args.reader))
        )
        return doctor.diagnose(chosen, readers, certificate=args.certificate)

    found = _in_time(look) or doctor.Diagnosis((), "stalled")
    if args.json:
        print(json.dumps(doctor.as_json(found), ensure_ascii=False))
    else:
        print("\n".join([*doctor.in_words(found, args.lang), *_only_virtual(args, found.end)]))
    return {**_EXIT_CODES, "seen": _OK, "blocked": _FINDING, "mute": _FINDING}[found.end]
