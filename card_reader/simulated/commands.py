"""`kakanai card insert|remove|personas|authority`: simulated cards for the virtual reader, and their keys."""

import argparse
import json
import os
import sys
from pathlib import Path

_OK, _FINDING, _USAGE, _MISSING = 0, 1, 2, 3


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the commands below `card`."""
    insert = commands.add_parser(
        "insert", help="模擬カードを置く / lay a persona's card into the virtual reader until it is removed"
    )
    insert.add_argument("persona", metavar="PERSONA", help="an id that `card personas` lists")
    insert.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="EFFECT@WHERE",
        help="let something go wrong: pulled@7, status=6984@verify, slow=3@read … (docs/simulated-card.md)",
    )
    insert.add_argument(
        "--new", action="store_true", help="with all its tries again, as on the day it was issued"
    )
    _slot_argument(insert)
    _state_argument(insert)
    insert.set_defaults(run=run_insert)

    remove = commands.add_parser("remove", help="模擬カードを取る / take the card out of the virtual reader")
    _slot_argument(remove)
    _state_argument(remove)
    remove.set_defaults(run=run_remove)

    personas = commands.add_parser("personas", help="模擬カードの一覧 / list the cards that can be laid on")
    personas.add_argument("--json", action="store_true", help="print one JSON object")
    personas.set_defaults(run=run_personas)

    authority = commands.add_parser(
        "authority",
        help="模擬カードを信頼する設定を出す / "
        "print a reading policy that trusts this machine's simulated cards (YAML)",
    )
    _state_argument(authority)
    authority.set_defaults(run=run_authority)


def _slot_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--slot", type=int, choices=[0, 1], default=0, help="slot of the virtual reader (default 0)"
    )


def _state_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="where cards keep their tries and keys (KAKANAI_STATE_DIR, default ./state)",
    )


def _state_dir(args: argparse.Namespace) -> Path:
    return args.state_dir or Path(os.environ.get("KAKANAI_STATE_DIR") or "state")


def run_insert(args: argparse.Namespace) -> int:
    """Stays in the foreground until `card remove`, SIGTERM or Ctrl-C takes the card out."""
    from card_reader.simulated.faults import Fault
    from card_reader.simulated.personas import load_personas
    from card_reader.simulated.slot import SlotTaken, hold_card
    from card_reader.simulated.vpcd import NoVirtualReader

    persona = load_personas().get(args.persona)
    if persona is None:
        print(
            f"{args.persona} というカードはありません。`kakanai card personas` で一覧を見られます。 / "
            f"No persona {args.persona!r}; `kakanai card personas` lists them.",
            file=sys.stderr,
        )
        return _USAGE
    try:
        faults = [Fault.parse(text) for text in args.fault]
    except ValueError as error:
        print(f"--fault の書き方が違います（docs/simulated-card.md）。 / {error}", file=sys.stderr)
        return _USAGE
    try:
        with hold_card(persona, args.slot, _state_dir(args), faults, new=args.new) as until_removed:
            print(f"{persona.label.ja} / {persona.label.en} → Virtual PCD 00 {args.slot:02d}", flush=True)
            until_removed()
    except SlotTaken:
        print(
            f"スロット {args.slot} にはカードがあります。`kakanai card remove` で取れます。 / "
            f"A card lies in slot {args.slot}; take it out with `kakanai card remove`.",
            file=sys.stderr,
        )
        return _FINDING
    except NoVirtualReader as error:
        print(
            "模擬のリーダーがありません。vsmartcard-vpcd を入れて pcscd を動かしてください。 / "
            f"{error}: start pcscd with vsmartcard-vpcd installed.",
            file=sys.stderr,
        )
        return _MISSING
    return _OK


def run_remove(args: argparse.Namespace) -> int:
    """0 when a card was taken out, 1 when there was none."""
    from card_reader.simulated.slot import take_out

    if take_out(args.slot, _state_dir(args)):
        return _OK
    print(
        f"スロット {args.slot} にカードはありません。 / There is no card in slot {args.slot}.",
        file=sys.stderr,
    )
    return _FINDING


def run_personas(args: argparse.Namespace) -> int:
    """Lists the fictional people of the demonstration; their PINs and numbers are no secret."""
    from card_reader.simulated.personas import load_personas

    found = load_personas()
    if args.json:
        listed = {
            key: {
                "label": persona.label.model_dump(),
                "kind": persona.kind,
                "pin": persona.pin,
                "number_b": persona.number_b,
            }
            for key, persona in found.items()
        }
        print(json.dumps({"personas": listed}, ensure_ascii=False))
        return _OK
    for key, persona in found.items():
        pin = f"PIN {persona.pin}" if persona.pin else ""
        number_b = f"B {persona.number_b}" if persona.number_b else ""
        print(f"{key:24}{persona.kind:16}{pin:10}{number_b:18}{persona.label.ja} / {persona.label.en}")
    return _OK


def run_authority(args: argparse.Namespace) -> int:
    """A policy that load_policy takes; makes the keys where there are none."""
    from card_reader.simulated.hierarchy import Hierarchy
    from card_reader.simulated.slot import keys_folder

    print(Hierarchy(keys_folder(_state_dir(args))).policy())
    return _OK
