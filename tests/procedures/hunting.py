"""The cases of one municipality against the mutants of its rule data."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from procedures.engine.catalogue import Catalogue, Impossible, Rule
from procedures.engine.evaluation import evaluate
from procedures.logic.analysis import Analyst
from procedures.logic.conditions import HOUSEHOLD, All, Leaf, Node, walk
from procedures.logic.facts import PERSON, FactSpec
from procedures.proving.case_file import CaseFile, differences
from procedures.proving.census import facts_behind, of_fact, of_rule
from procedures.proving.worlds import World
from procedures.terms.office_days import OfficeCalendar
from tests.procedures.mutations import DAY, Mutant, calendar, choices, facts, impossible, periods, rules
from tests.procedures.witnesses import witness_case


class Hunt:
    """The cases of one municipality that lie in one period of its catalogue (the first, if none is given),
    against the mutants of that period.
    """

    def __init__(self, whole: Catalogue, files: Iterable[CaseFile], period: Catalogue | None = None) -> None:
        self._whole = whole
        self._period = whole if period is None else period
        self._all = list(files)
        self._files = [file for file in self._all if whole.at(file.case.date) is self._period]
        self._catalogue = replace(self._period, later=())
        self._worlds: dict[object, tuple[World, list[object]]] = {}
        self._versions: dict[str, list[Rule]] = {}
        for rule in self._catalogue.rules:
            self._versions.setdefault(rule.id, []).append(rule)
        self._relevant: dict[frozenset[str], list[CaseFile]] = {}
        self._sound: list[CaseFile] | None = None
        self.municipality = whole.municipality

    def mutants(self) -> Iterator[Mutant]:
        """All of them: rule by rule, fact by fact, then what is impossible and the days of the calendar."""
        known = choices(self._catalogue)
        for rule in self._catalogue.rules:
            if all(self._catalogue.ready(event) for event in rule.events):
                yield from rules(rule, known)
        for spec in self._catalogue.facts.values():
            yield from facts(spec, known)
        for one in self._catalogue.impossible:
            yield from impossible(one, known)
        yield from calendar(self._catalogue.calendar)
        if self._period is self._whole:
            yield from periods(self._whole)

    def kills(self, mutant: Mutant) -> bool:
        """True when a case that comes out as expected does not any more."""
        wrong = mutant.changed
        if isinstance(wrong, Rule):
            return self._rule_killed(wrong)
        if isinstance(wrong, FactSpec):
            return self._fact_killed(wrong, asked=mutant.kind == "question")
        if isinstance(wrong, Impossible):
            return self._impossible_killed(wrong)
        if isinstance(wrong, OfficeCalendar):
            trial = replace(self._catalogue, calendar=wrong)
            return any(not _as_expected(file, trial) for file in self._as_they_are())
        turns = [later.since for each in (wrong, self._whole) for later in each.later if later.since]
        near = [file for file in self._all if min(turns) - DAY <= file.case.date <= max(turns)]
        sound = [file for file in near if _as_expected(file, self._whole)]
        return any(not _as_expected(file, wrong) for file in sound)

    def _as_they_are(self) -> list[CaseFile]:
        """The cases that come out as expected, whole."""
        if self._sound is None:
            self._sound = [file for file in self._files if _as_expected(file, self._catalogue)]
        return self._sound

    def _rule_killed(self, wrong: Rule) -> bool:
        # The version before the mutation is the one that stands at the same place of its file.
        versions = [
            wrong if (one.file, one.line) == (wrong.file, wrong.line) else one
            for one in self._versions[wrong.id]
        ]
        trial = self._trial(tuple(versions), dict(self._catalogue.facts))
        return any(not _as_expected(file, trial) for file in self._cases(frozenset([wrong.id])))

    def _fact_killed(self, spec: FactSpec, *, asked: bool) -> bool:
        """`asked`: the mistake is in when the fact is asked for, which all rules decide together."""
        specs = {**self._catalogue.facts, spec.name: spec}
        readers = tuple(rule for rule in self._catalogue.rules if self._reads(rule, spec.name))
        names = frozenset(rule.id for rule in readers)
        trial = self._trial(tuple(rule for name in sorted(names) for rule in self._versions[name]), specs)
        if any(not _as_expected(file, trial) for file in self._cases(names)):
            return True
        if not asked:
            return False
        events = frozenset(event for rule in readers for event in rule.events)
        trial = self._trial(self._catalogue.rules, specs)
        about = [file for file in self._as_they_are() if not events.isdisjoint(file.case.events)]
        return any(not _as_expected(file, trial) for file in about)

    def _impossible_killed(self, wrong: Impossible) -> bool:
        """A case that says nothing of conflicts has none."""
        right = next(one for one in self._catalogue.impossible if one.id == wrong.id)
        trials = [replace(self._catalogue, rules=(), impossible=(one,)) for one in (right, wrong)]
        for file in self._files:
            said = [name for name in file.expect.get("conflicts", ()) if name == wrong.id]
            cut = replace(file, expect={"conflicts": said})
            if _as_expected(cut, trials[0]) and not _as_expected(cut, trials[1]):
                return True
        return False

    def _trial(self, chosen: tuple[Rule, ...], specs: dict[str, FactSpec]) -> Catalogue:
        conditions = [node for rule in chosen for node in _deciding(rule)]
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
        nodes = [condition.node for condition in of_rule(rule)]
        return fact in facts_behind(nodes, self._catalogue.facts)

    def equivalent(self, mutant: Mutant) -> bool:
        """True when no household tells the mutant from what is right."""
        found = self._solved(mutant)
        if found is None:
            return False
        world, solver = found
        if solver.check() == world.z3.unsat:
            return True
        spec = mutant.changed
        if not isinstance(spec, FactSpec) or spec.derive is not None:
            return False
        specs = self._catalogue.facts
        before = [
            one for other in specs.values() for one in of_fact(other, ()) if one.field != "FactModel.derive"
        ]
        if spec.name in facts_behind([one.node for one in before], specs, derived_only=True):
            return False  # another fact is presumed from it, or asked under it
        return all(self._alike(mutant, spec, rule) for rule in self._catalogue.rules)

    def _alike(self, mutant: Mutant, spec: FactSpec, rule: Rule) -> bool:
        """True when nothing in a rule ever depends on a fact for anybody of whom it is presumed by mistake,
        or who is asked by mistake, or is not.
        """
        for condition in of_rule(rule):
            node = condition.node if condition.under is None else All((condition.under, condition.node))
            if spec.name not in facts_behind([node], self._catalogue.facts, derived_only=True):
                continue
            found = self._solved(mutant, rule)
            assert found is not None
            world, solver = found
            formula = world.formula(node, 0 if rule.person else HOUSEHOLD)
            pairs, bounds = world.otherwise(spec, 0 if spec.scope == PERSON else HOUSEHOLD)
            solver.add(*bounds, formula != world.z3.substitute(formula, *pairs))
            if pairs and solver.check() != world.z3.unsat:
                return False
        return True

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

    def _solved(self, mutant: Mutant, rule: Rule | None = None) -> tuple[World, Any] | None:
        """The world, and a solver that looks for a household that tells the mutant from the rule (in the life
        events of `rule`, for the mutant of a fact).
        """
        if mutant.node is None or mutant.wrong is None:
            return None
        changed = mutant.changed
        rule = changed if isinstance(changed, Rule) else rule
        on = (rule.effective_from if rule else None) or self._catalogue.released
        if on not in self._worlds:
            world = World(self._catalogue, on)
            self._worlds[on] = world, [formula for _, formula in world.impossible()]
        world, extra = self._worlds[on]
        personal = (
            changed.scope == PERSON
            if isinstance(changed, FactSpec)
            else isinstance(changed, Rule | Impossible) and changed.person
        )
        home = 0 if personal else HOUSEHOLD
        right, wrong = world.formula(mutant.node, home), world.formula(mutant.wrong, home)
        events = rule.events if rule else changed.events if isinstance(changed, Impossible) else world.events
        solver = world.z3.Solver()
        solver.set("timeout", 2000)
        solver.add(*world.base, world.z3.Or([world.events[event] for event in sorted(events)]))
        if not isinstance(changed, Impossible):
            solver.add(*extra)
        if mutant.under is not None:
            solver.add(world.formula(mutant.under, home))
        solver.add(right != wrong)
        return world, solver


def hunts(whole: Catalogue, files: Iterable[CaseFile]) -> list[Hunt]:
    """One for each period of a catalogue."""
    own = [file for file in files if file.case.municipality == whole.municipality]
    return [Hunt(whole, own, period) for period in (whole, *whole.later)]


def _deciding(rule: Rule) -> list[Node]:
    """The conditions that decide whether a rule applies, and in which variant."""
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
    for key in ("deadlines", "shows"):
        if key in file.expect:
            expect[key] = {name: said for name, said in file.expect[key].items() if about(name)}
    focus = names if file.focus is None else file.focus & names
    return replace(file, expect=expect, focus=focus)


def _as_expected(file: CaseFile, catalogue: Catalogue) -> bool:
    try:
        return not differences(file, evaluate(file.case, catalogue))
    except ArithmeticError:  # a date beyond the calendar
        return False
