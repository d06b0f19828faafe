"""Procedure guidance as data: rules, facts and forms' fields in YAML, and the pure engine that reads
them.
"""

from procedures.case import Case, CaseError, Fact, PersonCase
from procedures.catalogue import Catalogue
from procedures.engine import EventNotReady, evaluate
from procedures.facts import FactSpec
from procedures.guidance import Choice, Guidance, Item, NotApplicable, Question
from procedures.guidance_changes import Change, changes
from procedures.guidance_parts import Conflict
from procedures.loading import load_catalogue
from procedures.signatures import Signing, by_answer, signing
from procedures.text import Text
from procedures.yaml_lines import CatalogueInvalid, Problem

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
