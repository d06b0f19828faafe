"""`python -m tests.procedures.timing [--rounds N]`: how long the catalogue takes to load, and a household of
eight to be answered, with nothing known and with everything known, for each life event.

CPU time of one core, for the machine may have other work; the first answer of each kind, which fills the
analysis, is left out and named apart.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from procedures import Case, Catalogue, evaluate
from procedures.reading import yaml_lines
from procedures.reading.data_files import DATA
from procedures.reading.loading import Loader

BIRTHS = (
    "1945-03-01",
    "1950-04-02",
    "1975-01-01",
    "1978-05-05",
    "2006-04-01",
    "2010-09-09",
    "2016-07-07",
    "2024-01-15",
)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of CPU time."""

    name: str
    first: float
    median: float
    p99: float


def timed(name: str, rounds: int, run: Callable[[], object]) -> Timing:
    """One figure from `rounds` runs after the first."""
    samples = []
    for _ in range(rounds + 1):
        began = time.process_time()
        run()
        samples.append((time.process_time() - began) * 1000)
    first, *rest = samples
    rest.sort()
    return Timing(name, first, rest[len(rest) // 2], rest[min(len(rest) - 1, int(len(rest) * 0.99))])


def household(catalogue: Catalogue, event: str, known: bool) -> Case:
    """Eight people; everything known means a value for every fact that is not worked out."""
    plain: dict[str, Any] = {"yes_no": False, "choices": [], "number": 1, "text": "", "texts": []}

    def facts(scope: str) -> dict[str, Any]:
        found = {}
        for spec in catalogue.facts.values() if known else ():
            if spec.scope == scope and spec.derive is None:
                value = plain.get(spec.type, "2026-11-20")
                found[spec.name] = next(iter(spec.words)) if spec.type == "choice" else value
        return found

    people = []
    for number, birth in enumerate(BIRTHS):
        more = {"birth": birth, "moves": True} if known else {}
        people.append({"id": f"p{number}", "facts": facts("person") | more})
    return Case.from_dict(
        {
            "municipality": catalogue.municipality,
            "date": date(2026, 11, 24),
            "event": event,
            "facts": facts("household"),
            "household": people,
        }
    )


def timings(rounds: int, municipality: str = "992011") -> list[Timing]:
    """Load, then each complete life event twice."""

    def load() -> object:
        yaml_lines.forget()
        return Loader(municipality, DATA).catalogue()

    found = [timed("load", 5, load)]
    catalogue = Loader(municipality, DATA).catalogue()
    assert catalogue is not None
    for event in catalogue.codes.events:
        if not catalogue.ready(event):
            continue
        for known in (False, True):
            case = household(catalogue, event, known)
            name = f"{event} {'all known' if known else 'nothing known'}"
            found.append(timed(name, rounds, lambda case=case: evaluate(case, catalogue)))  # type: ignore[misc]
    return found


def main() -> int:
    """Print the figures; 1 when an answer takes more than 50 ms."""
    parser = argparse.ArgumentParser(description="time the guidance")
    parser.add_argument("--rounds", type=int, default=100)
    found = timings(parser.parse_args().rounds)
    for one in found:
        sys.stdout.write(
            f"{one.name:25} median {one.median:7.2f} ms  p99 {one.p99:7.2f} ms  first {one.first:7.1f} ms\n"
        )
    return 0 if all(one.median <= 50 for one in found[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
