"""`python -m tests.procedures.mutants [--limit N]`: put one mistake after the other into the rule data and
see whether some case notices.

A mutant is killed when a case that comes out as expected does not any more; one of the national data may be
killed by the cases of any municipality. One that survives is proven equivalent with z3 where that is possible
(nobody could notice it), or must be explained in survivors.yaml. Names, fees and the order of handling are
not mutated: see tests/procedures/test_census.py. Nor is a rule asked at one life event more: that
test_rule_table.py would notice.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from procedures.proving.case_file import read_cases
from procedures.reading.data_files import DATA
from procedures.reading.loading import load_catalogue
from tests.procedures.hunting import Hunt, hunts
from tests.procedures.mutations import Mutant

HERE = Path(__file__).parent
CASES, SURVIVORS = HERE / "cases", HERE / "survivors.yaml"
GOAL = 0.02


@dataclass
class Result:
    """What became of the mutants."""

    killed: Counter[str] = field(default_factory=Counter)
    equivalent: list[str] = field(default_factory=list)
    survived: list[tuple[str, str]] = field(default_factory=list)  # kind, name

    @property
    def tried(self) -> int:
        """Mutants that somebody could notice."""
        return sum(self.killed.values()) + len(self.survived)

    @property
    def share(self) -> float:
        """The part of them that survived."""
        return len(self.survived) / self.tried if self.tried else 0.0


Places = list[tuple[Hunt, Mutant]]
"""One mistake in the data of each municipality that has what it is about."""


def places(searches: list[Hunt]) -> list[Places]:
    """All mistakes, each with every municipality and period in which it can be made. What is right differs
    between municipalities: mistakes of the same name then bear the code of the first that can make them.
    """
    found: dict[tuple[str, Hashable], Places] = {}
    for search in searches:
        for mutant in search.mutants():
            found.setdefault((mutant.name, mutant.about), []).append((search, mutant))
    times = Counter(name for name, _ in found)
    for (name, _), alike in found.items():
        search, mutant = alike[0]
        if times[name] > 1:
            alike[0] = search, replace(mutant, name=f"{name} ({search.municipality})")
    return list(found.values())


def judge(alike: Places, result: Result) -> None:
    """Try one mistake and write down what became of it."""
    first, mutant = alike[0]
    if any(search.kills(one) for search, one in alike):
        result.killed[mutant.kind] += 1
    elif first.equivalent(mutant):
        result.equivalent.append(mutant.name)
    else:
        result.survived.append((mutant.kind, mutant.name))


def hunt(
    limit: int | None = None,
    data: Path = DATA,
    cases: Path = CASES,
    *,
    only: str = "",
    witnesses: bool = False,
) -> Result:
    """Try the mutants of every municipality that has cases: all of them, or about `limit` evenly spread, or
    those whose name contains `only`. `witnesses` prints for each survivor a household that would tell it from
    the rule.
    """
    files, problems = read_cases(cases)
    if problems:
        raise ValueError("\n".join(str(problem) for problem in problems))
    towns = sorted({file.case.municipality for file in files})
    searches = [search for town in towns for search in hunts(load_catalogue(town, data), files)]
    listed = [alike for alike in places(searches) if only in alike[0][1].name]
    result = Result()
    for alike in listed[:: 1 if limit is None else max(1, len(listed) // limit)]:
        before = len(result.survived)
        judge(alike, result)
        if witnesses and len(result.survived) > before:
            search, mutant = alike[0]
            case = search.witness(mutant)
            if case is not None:
                say(f"# {mutant.name}")
                say(yaml.safe_dump(case, allow_unicode=True, sort_keys=False, width=200))
    return result


def say(line: str) -> None:
    """One line for the terminal."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """0 when at most 2 % survive, each survivor is explained, and every explanation is of a survivor."""
    parser = argparse.ArgumentParser(description="mutate the rules; every mutant must be noticed by a case")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--only", default="", metavar="TEXT", help="mutants whose name contains this")
    parser.add_argument("--witnesses", action="store_true", help="print a household for each survivor")
    args = parser.parse_args()
    result = hunt(args.limit, only=args.only, witnesses=args.witnesses)
    explained = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    survived = {name for _, name in result.survived}
    lost = [(kind, name) for kind, name in result.survived if name not in explained]
    # Of a part, nothing can be said about the explanations of what was left out.
    stale = sorted(set(explained) - survived) if args.limit is None and not args.only else []
    for kind, name in lost:
        say(f"survives ({kind}): {name}")
    for name in stale:
        say(f"explained, but no survivor: {name}")
    kinds = Counter(kind for kind, _ in result.survived)
    for kind in sorted({*result.killed, *kinds}):
        say(f"{kind:10} {result.killed[kind]:5} killed {kinds[kind]:5} survived")
    say(
        f"{result.tried} mutants, {len(result.survived)} survived ({result.share:.1%}, goal {GOAL:.0%}), "
        f"{len(result.equivalent)} more are proven equivalent, {len(lost)} survivor(s) without explanation, "
        f"{len(stale)} explanation(s) without survivor"
    )
    return 0 if not lost and not stale and result.tried and result.share <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
