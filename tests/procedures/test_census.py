"""No condition, number or date of the schema is left out in silence: each has its place here."""

import typing
from collections.abc import Iterator
from datetime import date
from types import ModuleType

import pytest
from pydantic import BaseModel

from procedures import load_catalogue
from procedures.proving.census import FIELDS, conditions, of_rule, said, shape
from procedures.schema import facts as fact_schema
from procedures.schema import overlays as overlay_schema
from procedures.schema import rules as schema
from tests.procedures.mutations import BOUNDARIES

ELSEWHERE = {
    # What is compiled into conditions and boundaries that are counted under their own names.
    "VariantModel.changes": "fields of the face: its papers and its deadline",
    "ChangeModel.variants": "fields of the face: its papers and its deadline",
    "DecisionsModel.derive": "FactModel.derive of a municipality",
    "DecisionsModel.add": "rules of a municipality",
    "DecisionsModel.settings": "answers: the proofs leave them open, the cases of the towns differ",
    # What no rule is decided by.
    "FeeModel.yen": "a sum that is printed; cases say it with `shows`",
    "FaceModel.order": "the order of handling",
    "AnswerModel.likelihood": "the order of the questions",
    "FactModel.likelihood": "the order of the questions",
    "HistoryModel.since": "words about the past",
    "PackageModel.released": "the day of the package, on which the proofs are made",
    "ConfirmedModel.day": "who is shown a rule: test_small.py",
    # When the doors are open, which decides about no rule: test_openings.py.
    "WeeklyModel.weekdays": "opening",
    "WeeklyModel.hours": "opening",
    "SpecialModel.day": "opening",
    "SpecialModel.hours": "opening",
    "JukiNetModel.weekdays": "opening",
    "JukiNetModel.hours": "opening",
    "JukiNetModel.closed": "opening",
}


def fields(module: ModuleType) -> Iterator[tuple[str, typing.Any]]:
    """The fields of each model, those that it takes over from another one left to that one."""
    for model in vars(module).values():
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__:
            for name in vars(model).get("__annotations__", {}):
                if name in model.model_fields:
                    yield f"{model.__name__}.{name}", model.model_fields[name].annotation


def parts(annotation: typing.Any) -> Iterator[typing.Any]:
    yield annotation
    for part in typing.get_args(annotation):
        yield from parts(part)


CLOCKS = [overlay_schema.Clock, overlay_schema.MonthDay]


@pytest.mark.parametrize("module", [schema, fact_schema, overlay_schema])
def test_every_field_that_decides_is_known(module: ModuleType) -> None:
    """A new one belongs to census.FIELDS, to mutations.BOUNDARIES, or to ELSEWHERE with a reason."""
    deciding = {
        name
        for name, annotation in fields(module)
        for part in parts(annotation)
        if part in (typing.Any, int, float, date, *CLOCKS)
    }
    assert deciding
    assert deciding - FIELDS - BOUNDARIES - set(ELSEWHERE) == set()


def test_nothing_is_named_that_the_schema_has_not() -> None:
    known = {name for module in (schema, fact_schema, overlay_schema) for name, _ in fields(module)}
    assert (FIELDS | BOUNDARIES | set(ELSEWHERE)) - known == set()
    assert FIELDS.isdisjoint(BOUNDARIES | set(ELSEWHERE))


def test_a_condition_says_the_same_in_every_town() -> None:
    """But for what a town derives otherwise, or counts by a calendar of its own."""
    here, there = (load_catalogue(town) for town in ("992011", "992038"))
    ours, theirs = ({one.name: said(one, each) for one in conditions(each)} for each in (here, there))
    other = {name.split("@")[0] for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    assert {"child_medical_age derive", "R108"} <= other
    assert "R010" not in other
    assert shape(of_rule(here.rules[0])[0].node) == shape(of_rule(there.rules[0])[0].node)
