"""The procedure guidance: what an answer, the next question and reading the catalogue cost, and how many
questions a household is asked.

Milliseconds are CPU time of one core; what the clock on the wall says, other work of the machine included, is
a figure of its own (`_wall`). "Eight" is a household of eight at the life event with the most rules.
"""

import gc
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from procedures import Case, Catalogue, Fact, evaluate, load_catalogue
from procedures.logic.facts import CaseView
from procedures.proving.case_file import read_cases
from procedures.reading import yaml_lines
from procedures.reading.data_files import DATA
from procedures.reading.loading import Loader
from tests.bench.figures import Figure, percentiles, timed
from tests.procedures import question_costs
from tests.procedures.timing import household

MUNICIPALITY = "992011"


def figures(rounds: int) -> list[Figure]:
    """All of them; `rounds` of the quick ones, fewer of the slow ones."""
    catalogue = load_catalogue(MUNICIPALITY)
    event = max(
        (event for event in catalogue.codes.events if catalogue.ready(event)),
        key=lambda event: sum(event in rule.events for rule in catalogue.rules),
    )
    known, unknown = household(catalogue, event, True), household(catalogue, event, False)
    gc.collect()
    gc.freeze()  # as the server does when it starts
    answers = max(rounds, 500)  # of fewer the slowest hundredth says nothing
    return [
        *_answers("guidance_eight_known", catalogue, [known] * answers),
        *_answers("guidance_eight_unknown", catalogue, [unknown] * answers),
        *_answers("guidance_eight_recorded", catalogue, [recorded(known, catalogue)] * answers),
        *_answers("guidance_eight_half_known", catalogue, strangers(known, catalogue, answers)),
        _next_question(unknown, catalogue, rounds),
        _whole(known, catalogue, max(5, rounds // 10)),
        _loaded(max(5, rounds // 50)),
        *_asked(rounds / 1000),
    ]


def recorded(case: Case, catalogue: Catalogue) -> Case:
    """The household as a visit begins: what the register and the card say, who moves and when."""

    def some(facts: Mapping[str, Fact]) -> dict[str, Fact]:
        asked = ("moves", "event_date")
        return {n: f for n, f in facts.items() if n in asked or catalogue.facts[n].source in ("core", "card")}

    people = tuple(replace(one, facts=some(one.facts)) for one in case.household)
    return replace(case, facts=some(case.facts), household=people)


def strangers(case: Case, catalogue: Catalogue, count: int) -> list[Case]:
    """Households like this one of which every other fact is known, no two the same."""
    dice = random.Random(1)
    days = [f"{year}-{month:02}-15" for year in range(1935, 2026) for month in range(1, 13)]

    def some(facts: Sequence[str]) -> dict[str, Fact]:
        found = {}
        for name in facts:
            spec = catalogue.facts[name]
            if dice.random() < 0.5 and spec.type in ("yes_no", "choice"):
                found[name] = Fact(dice.choice(list(spec.words)))
            elif name == "birth":
                found[name] = Fact(dice.choice(days))
        return found

    return [
        replace(
            case,
            facts=some(list(case.facts)) | {"event_date": Fact("2026-11-20")},
            household=tuple(replace(one, facts=some(list(one.facts))) for one in case.household),
        )
        for _ in range(count)
    ]


def _answers(id: str, catalogue: Catalogue, cases: list[Case]) -> list[Figure]:
    """One answer with its items, whose sentences nobody has read yet, each timed alone. The floor is the
    conditions of the rules alone.
    """
    rules = catalogue.rules_for(cases[0].events, cases[0].date)

    def conditions(case: Case) -> None:
        view = CaseView(case, catalogue.facts, catalogue.settings, catalogue.calendar)
        for rule in rules:
            rule.when.sets(view)

    samples, wall, floor = [], [], []
    for number, case in enumerate(cases):
        began = time.perf_counter()
        spent = _spent(evaluate, case, catalogue)
        passed = (time.perf_counter() - began) * 1000
        if number >= len(cases) // 5:  # the first ones fill what is kept from one answer to the next
            samples.append(spent)
            wall.append(passed)
            floor.append(_spent(conditions, case))
    return [_judged(timed(id, "ms", samples, floor), 2.0), timed(f"{id}_wall", "ms", wall)]


def _next_question(case: Case, catalogue: Catalogue, rounds: int) -> Figure:
    """Putting all open questions into order; the floor is asking in the order of the fact files."""
    samples, floor = [], []
    for _ in range(rounds):
        guidance, again = evaluate(case, catalogue), evaluate(case, catalogue)
        samples.append(_spent(lambda guidance=guidance: guidance.next_question))
        facts = [fact for item in again.may_apply for fact in item.deciding]
        floor.append(_spent(lambda facts=facts: min(facts, key=lambda one: catalogue.facts[one.fact].rank)))
    return _judged(timed("guidance_next_question", "ms", samples, floor), 5.0)


def _whole(case: Case, catalogue: Catalogue, rounds: int) -> Figure:
    """An answer with every reason and sentence, as JSON; the floor is writing that JSON."""
    samples, floor = [], []
    for _ in range(rounds):
        samples.append(_spent(lambda: json.dumps(evaluate(case, catalogue).to_dict(), ensure_ascii=False)))
        content = evaluate(case, catalogue).to_dict()
        floor.append(_spent(lambda content=content: json.dumps(content, ensure_ascii=False)))
    return timed("guidance_eight_whole", "ms", samples, floor)


def _loaded(rounds: int) -> Figure:
    """Reading, checking and compiling the catalogue; the floor is parsing the same files."""
    names = [*DATA.glob("*.yaml"), *DATA.glob("facts/*.yaml"), *DATA.glob("national/*.yaml")]
    names.append(DATA / "municipalities" / MUNICIPALITY / "overlay.yaml")

    def parse() -> None:
        for name in names:
            yaml.load(name.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

    samples, floor = [], []
    for _ in range(rounds):
        yaml_lines.forget()
        samples.append(_spent(Loader(MUNICIPALITY, DATA).catalogue))
        floor.append(_spent(parse))
    return _judged(timed("catalogue_load", "ms", samples, floor), 300.0)


def _asked(share: float) -> list[Figure]:
    """Expected questions of a household, the mean over those for which the least can be worked out: in the
    engine's order and in that of the fact files, each beside the least.
    """
    files, _ = read_cases(Path(question_costs.CASES))
    costs = [cost for cost in question_costs.costs(files, share) if cost.least]
    count = len(costs)
    least = sum(cost.least for cost in costs) / count

    def figure(id: str, asked: list[float], goal: float | None) -> Figure:
        mean = sum(asked) / count
        met = None if goal is None else mean / least <= goal
        p50, p99 = percentiles([one / cost.least for one, cost in zip(asked, costs, strict=True)])
        return Figure(id, "asked", mean, p50, p99, count, "lower", least, round(mean / least, 4), goal, met)

    return [
        figure("questions_expected", [cost.engine for cost in costs], 1.1),
        figure("questions_in_file_order", [cost.naive for cost in costs], None),
    ]


def _spent(run: Callable[..., object], *arguments: object) -> float:
    began = time.process_time()
    run(*arguments)
    return (time.process_time() - began) * 1000


def _judged(figure: Figure, goal: float | None) -> Figure:
    """A goal counts for the 99th percentile."""
    met = None if goal is None or figure.p99 is None else figure.p99 <= goal
    return replace(figure, goal=goal, met=met)
