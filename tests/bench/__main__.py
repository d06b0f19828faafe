"""Measure everything, print a table, write build/bench.json. `--quick` takes a tenth of the time."""

import sys
import tempfile
from pathlib import Path

from tests.bench import card, form, guidance, line, tap
from tests.bench.figures import Figure, write
from tests.station import measure

TARGET = Path("build/bench.json")


def main(quick: bool) -> int:
    """0 when every goal that is set was met."""
    share = 0.1 if quick else 1.0
    with tempfile.TemporaryDirectory() as folder:
        figures: list[Figure] = [
            *line.tickets(Path(folder), seconds=10 * share),
            *line.call_to_display(Path(folder), calls=int(200 * share)),
            *card.figures(rounds=int(300 * share)),
            *guidance.figures(rounds=int(1000 * share)),
            *form.figures(rounds=int(200 * share)),
            *tap.tap_to_page(Path(folder) / "tap", rounds=max(int(40 * share), 8)),
            *measure.figures(rounds=int(1000 * share), idle_s=30 * share),
        ]
    write(TARGET, figures)
    print(f"{'figure':34} {'value':>10} {'unit':8} {'p50':>9} {'p99':>9} {'floor':>9} {'ratio':>6} {'n':>6}")
    for f in figures:
        numbers = (f.value, f.p50, f.p99, f.floor, f.ratio)
        value, p50, p99, floor, ratio = (f"{x:.3f}" if isinstance(x, float) else "-" for x in numbers)
        print(f"{f.id:34} {value:>10} {f.unit:8} {p50:>9} {p99:>9} {floor:>9} {ratio:>6} {f.n:>6}")
    return 1 if any(f.met is False for f in figures) else 0


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv))
