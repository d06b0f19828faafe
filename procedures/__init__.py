"""Procedure guidance as data: rules, facts and forms' fields in YAML, and the pure engine that reads
them.
"""

from procedures.engine.catalogue import Catalogue
from procedures.engine.evaluation import EventNotReady, evaluate
from procedures.engine.guidance import Choice, Guidance, Item, NotApplicable, Question
from procedures.engine.guidance_changes import Change, changes
from procedures.engine.guidance_parts import Conflict
from procedures.engine.signatures import Signing, by_answer, signing
from procedures.logic.case import Case, CaseError, Fact, PersonCase
from procedures.logic.facts import FactSpec
from procedures.reading.loading import load_catalogue
from procedures.reading.yaml_lines import CatalogueInvalid, Problem
from procedures.terms.text import Text

__all__ = [
    "Case",
    "CaseError",
    "Catalogue",
    "CatalogueInvalid",
    "Change",
    "Choice",
    "Conflict",
    "EventNotReady",
    "Fact",
    "FactSpec",
    "Guidance",
    "Item",
    "NotApplicable",
    "PersonCase",
    "Problem",
    "Question",
    "Signing",
    "Text",
    "by_answer",
    "changes",
    "evaluate",
    "load_catalogue",
    "signing",
]
