"""`python -m tests.procedures.mutants [--limit N]`: put one mistake after the other into the rules and see
whether some case notices.

A mutant is killed when a case that comes out as expected does not any more. One that survives is proven
equivalent with z3 where that is possible (nobody could notice it), or must be explained in survivors.yaml.
Documents, names and the order of handling are not mutated.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from procedures.analysis import Analyst
from procedures.case_file import CaseFile, differences, read_cases
from procedures.catalogue import Catalogue, Rule
from procedures.conditions import HOUSEHOLD, Leaf, Node, walk
from procedures.data_files import DATA
from procedures.engine import evaluate
from procedures.facts import FactSpec
from procedures.loading import load_catalogue
from procedures.worlds import MEMBERS, World
from tests.procedures.mutations import Mutant, facts, rules

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


class Hunt:
    """The cases of one municipality against the mutants of its rules."""

    def __init__(self, catalogue: Catalogue, files: list[CaseFile]) -> None:
        self._catalogue = replace(catalogue, later=())
        first = min((later.since for later in catalogue.later if later.since), default=None)
        self._files = [file for file in files if first is None or file.case.date < first]
        self._worlds: dict[object, tuple[World, list[object]]] = {}
        self._versions: dict[str, list[Rule]] = {}
        for rule in catalogue.rules:
            self._versions.setdefault(rule.id, []).append(rule)
        self._relevant: dict[frozenset[str], list[CaseFile]] = {}

    def mutants(self) -> Iterator[Mutant]:
        """All of them, rule by rule and then fact by fact."""
        for rule in self._catalogue.rules:
            if all(self._catalogue.ready(event) for event in rule.events):
                yield from rules(rule)
        for spec in self._catalogue.facts.values():
            yield from facts(spec)

    def judge(self, mutant: Mutant, result: Result) -> None:
        """Try one mutant and write down what became of it."""
        wrong = mutant.changed
        if self._rule_killed(wrong) if isinstance(wrong, Rule) else self._fact_killed(wrong):
            result.killed[mutant.kind] += 1
        elif self._equivalent(mutant):
            result.equivalent.append(mutant.name)
        else:
            result.survived.append((mutant.kind, mutant.name))

    def _rule_killed(self, wrong: Rule) -> bool:
        # The version before the mutation is the one that stands at the same place of its file.
        versions = [
            wrong if (one.file, one.line) == (wrong.file, wrong.line) else one
            for one in self._versions[wrong.id]
        ]
        trial = self._trial(tuple(versions), dict(self._catalogue.facts))
        return any(not _as_expected(file, trial) for file in self._cases(frozenset([wrong.id])))

    def _fact_killed(self, spec: FactSpec) -> bool:
        readers = tuple(rule for rule in self._catalogue.rules if self._reads(rule, spec.name))
        if not readers:
            return True  # only other events, which are not complete, read it
        trial = self._trial(readers, {**self._catalogue.facts, spec.name: spec})
        return any(
            not _as_expected(file, trial) for file in self._cases(frozenset(rule.id for rule in readers))
        )

    def _trial(self, chosen: tuple[Rule, ...], specs: dict[str, FactSpec]) -> Catalogue:
        conditions = [node for rule in chosen for node in _conditions(rule)]
        for spec in specs.values():
            conditions += [node for node in (spec.derive, spec.only_if) if node is not None]
            conditions += [presumption.when for presumption in spec.presume]
        leaves = {leaf.number: leaf for node in conditions for leaf in walk(node) if isinstance(leaf, Leaf)}
        return replace(
            self._catalogue,
            rules=chosen,
            facts=specs,
            impossible=(),
            leaves=leaves,
            analyst=Analyst(specs, leaves),
        )

    def _cases(self, names: frozenset[str]) -> list[CaseFile]:
        """The cases that say something about these rules, cut down to them, those about few rules first."""
        if names not in self._relevant:
            chosen = tuple(rule for name in sorted(names) for rule in self._versions[name])
            events = frozenset(event for rule in chosen for event in rule.events)
            trial = self._trial(chosen, dict(self._catalogue.facts))
            found = []
            for file in self._files:
                about = file.focus is None or not file.focus.isdisjoint(names)
                if about and not events.isdisjoint(file.case.events):
                    cut = _cut(file, names)
                    if _as_expected(cut, trial):
                        found.append(cut)
            found.sort(key=lambda file: len(file.case.household))
            self._relevant[names] = found
        return self._relevant[names]

    def _reads(self, rule: Rule, fact: str) -> bool:
        todo, seen = _conditions(rule), set[str]()
        while todo:
            for leaf in walk(todo.pop()):
                if isinstance(leaf, Leaf) and leaf.fact not in seen:
                    seen.add(leaf.fact)
                    spec = self._catalogue.facts[leaf.fact]
                    todo += [node for node in (spec.derive, spec.only_if) if node is not None]
                    todo += [presumption.when for presumption in spec.presume]
        return fact in seen

    def _equivalent(self, mutant: Mutant) -> bool:
        """True when no household tells the mutant from the rule."""
        found = self._solved(mutant)
        return found is not None and bool(found[1].check() == found[0].z3.unsat)

    def witness(self, mutant: Mutant) -> dict[str, Any] | None:
        """A household that tells a mutant from the rule, as a case without expectations; None when it is
        not in a condition. What comes out must be read from the rule table, not from the engine.
        """
        found = self._solved(mutant)
        if found is None or found[1].check() != found[0].z3.sat:
            return None
        world, solver = found
        read = {str(one) for one in world.z3.z3util.get_vars(solver.assertions()[-1])}
        model = {str(one): solver.model()[one] for one in solver.model()}
        needed = {n: v for n, v in model.items() if n in read or n.startswith(("event ", "member "))}
        return witness_case(world, needed, self._catalogue)

    def _solved(self, mutant: Mutant) -> tuple[World, Any] | None:
        """The world, and a solver that looks for a household that tells the mutant from the rule."""
        if mutant.node is None or mutant.wrong is None:
            return None
        changed = mutant.changed
        rule = changed if isinstance(changed, Rule) else None
        on = (rule.effective_from if rule else None) or self._catalogue.released
        if on not in self._worlds:
            world = World(self._catalogue, on)
            self._worlds[on] = world, world.impossible()
        world, extra = self._worlds[on]
        personal = rule.person if rule else isinstance(changed, FactSpec) and changed.scope == "person"
        home = 0 if personal else HOUSEHOLD
        right, wrong = world.formula(mutant.node, home), world.formula(mutant.wrong, home)
        happens = world.z3.Or(
            [world.events[event] for event in sorted(rule.events if rule else world.events)]
        )
        solver = world.z3.Solver()
        solver.set("timeout", 2000)
        solver.add(*world.base, *extra, happens, right != wrong)
        return world, solver


def witness_case(world: World, named: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The household of a solution (variable → value), as a case."""
    size = 1 + sum(
        f"member {index}" in named and bool(named[f"member {index}"]) for index in range(1, MEMBERS)
    )
    people: list[dict[str, Any]] = [{"id": f"p{index}", "facts": {}} for index in range(size)]
    case: dict[str, Any] = {
        "municipality": catalogue.municipality,
        "date": world.on.isoformat(),
        "event": [code for code in world.events if bool(named.get(f"event {code}", False))],
        "facts": {},
        "household": people,
    }
    for name, value in named.items():
        fact, _, rest = name.partition(" ")
        home, _, option = rest.partition(" ")
        spec = catalogue.facts.get(fact)
        if (
            spec is None
            or not home.lstrip("-").isdigit()
            or int(home) >= size
            or spec.scope == "municipality"
        ):
            continue
        facts = case["facts"] if home == "-1" else people[int(home)]["facts"]
        if option:
            facts.setdefault(fact, [])
            if bool(value):
                facts[fact].append(option)
        elif spec.type == "yes_no":
            facts[fact] = bool(value)
        elif spec.type == "choice":
            facts[fact] = list(spec.words)[value.as_long()]
        else:
            number = value.as_long()
            facts[fact] = date.fromordinal(number).isoformat() if spec.type == "date" else number
    return case


def _conditions(rule: Rule) -> list[Node]:
    return [rule.when, *(variant.when for variant in rule.variants)]


def _cut(file: CaseFile, names: frozenset[str]) -> CaseFile:
    """The case with the expectations that are about these rules."""

    def about(entry: object) -> bool:
        name = next(iter(entry)) if isinstance(entry, dict) else entry
        return str(name).partition("/")[0] in names

    expect: dict[str, Any] = {
        key: [entry for entry in file.expect[key] if about(entry)]
        for key in ("applies", "may_apply", "needs_confirmation", "not_applicable", "today")
        if key in file.expect
    }
    if "deadlines" in file.expect:
        expect["deadlines"] = {k: v for k, v in file.expect["deadlines"].items() if k in names}
    focus = names if file.focus is None else file.focus & names
    return replace(file, expect=expect, focus=focus)


def _as_expected(file: CaseFile, catalogue: Catalogue) -> bool:
    try:
        return not differences(file, evaluate(file.case, catalogue))
    except ArithmeticError:  # a date beyond the calendar
        return False


def hunt(limit: int | None = None, data: Path = DATA, cases: Path = CASES, witnesses: bool = False) -> Result:
    """Try the mutants of every municipality's own cases: all of them, or about `limit` evenly spread.
    `witnesses` prints for each survivor a household that would tell it from the rule.
    """
    files, problems = read_cases(cases)
    if problems:
        raise ValueError("\n".join(str(problem) for problem in problems))
    result = Result()
    for municipality in sorted({file.case.municipality for file in files}):
        own = [file for file in files if file.case.municipality == municipality]
        search = Hunt(load_catalogue(municipality, data), own)
        listed = list(search.mutants())
        step = 1 if limit is None else max(1, len(listed) // limit)
        for mutant in listed[::step]:
            before = len(result.survived)
            search.judge(mutant, result)
            if witnesses and len(result.survived) > before:
                case = search.witness(mutant)
                if case is not None:
                    say(f"# {mutant.name}")
                    say(yaml.safe_dump(case, allow_unicode=True, sort_keys=False, width=200))
    return result


def say(line: str) -> None:
    """One line for the terminal."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """0 when at most 2 % survive and each survivor is explained."""
    parser = argparse.ArgumentParser(description="mutate the rules; every mutant must be noticed by a case")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--witnesses", action="store_true", help="print a household for each survivor")
    args = parser.parse_args()
    result = hunt(args.limit, witnesses=args.witnesses)
    explained = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    lost = [(kind, name) for kind, name in result.survived if name not in explained]
    for kind, name in lost:
        say(f"survives ({kind}): {name}")
    kinds = Counter(kind for kind, _ in result.survived)
    for kind in sorted({*result.killed, *kinds}):
        say(f"{kind:10} {result.killed[kind]:5} killed {kinds[kind]:5} survived")
    say(
        f"{result.tried} mutants, {len(result.survived)} survived ({result.share:.1%}, goal {GOAL:.0%}), "
        f"{len(result.equivalent)} more are proven equivalent, {len(lost)} survivor(s) without explanation"
    )
    return 0 if not lost and result.share <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
