"""The command `kakanai`: collects what each package offers and runs one of it.

A package offers commands in `commands.py` with `add(subparsers)`; the server has one such module per
command in server/commands/. A handler is `run(args) -> int`: 0 ok, 1 a finding, 2 wrong usage, 3
something is missing on this machine; single commands document further codes. Modules are imported for
every call, so they keep their own heavy imports inside the handlers.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from server import commands

MISSING = 3
PACKAGES = ("card_reader", "procedures", "printing", "station")


def parser() -> argparse.ArgumentParser:
    """Every command there is."""
    top = argparse.ArgumentParser(
        prog="kakanai", description="書かないワンストップ窓口 / write-less one-stop counter"
    )
    subparsers = top.add_subparsers(metavar="COMMAND", required=True)
    own = [f"{commands.__name__}.{module.name}" for module in pkgutil.iter_modules(commands.__path__)]
    for module in [*own, *(f"{package}.commands" for package in PACKAGES)]:
        importlib.import_module(module).add(subparsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output (head, less) has had enough.
        sys.stderr.close()
        return 0
    except Exception as error:
        from server.refusals import sentence_of

        sentence = sentence_of(error)
        if sentence is None:
            raise
        sys.stdout.write(f"{sentence}\n")
        return MISSING


if __name__ == "__main__":
    sys.exit(main())
