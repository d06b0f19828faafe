"""Which forms there are, and the samples they can be previewed with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from printing.forms import checklist, residence_change
from printing.forms.filled import Filled
from printing.forms.values import FormModel

_SAMPLES = Path(__file__).parent / "data" / "samples"


@dataclass(frozen=True)
class Form:
    """One form: its model, and the two steps from the model to paper."""

    model: type[FormModel]
    fill: Callable[[Any], Filled]
    render: Callable[[Any], bytes]


FORMS: dict[str, Form] = {
    residence_change.FORM_ID: Form(
        residence_change.ResidenceChangeForm, residence_change.filled, residence_change.render
    ),
    checklist.FORM_ID: Form(checklist.Checklist, checklist.filled, checklist.render),
}


@functools.cache
def _samples(form_id: str) -> dict[str, Any]:
    path = _SAMPLES / f"{form_id}.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return data


def sample_names(form_id: str) -> list[str]:
    """The samples of a form; the first is the usual case."""
    return list(_samples(form_id))


def sample(form_id: str, name: str) -> FormModel:
    """One sample as the form's model. Raises KeyError for an unknown form or sample."""
    return FORMS[form_id].model.model_validate(_samples(form_id)[name])
