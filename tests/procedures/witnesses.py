"""A solution of z3 as a case: a household that tells a mutant from the rule."""

from datetime import date
from typing import Any

from procedures.engine.catalogue import Catalogue
from procedures.proving.worlds import MEMBERS, World


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
