"""`python -m station --config FILE`: runs one station."""

import argparse
import sys
from pathlib import Path

from station.process import run


def main() -> int:
    """The exit code; see station.process.run."""
    parser = argparse.ArgumentParser(prog="python -m station", description="端末を動かす / run one station")
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="the station's settings (TOML)"
    )
    return run(parser.parse_args().config)


if __name__ == "__main__":
    sys.exit(main())
