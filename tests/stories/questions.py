"""Answering the counter's questions without drawing them: for stories that are about something else.

What the whole visit and the stories of the screens do by pressing buttons, this sends as the form would send
it. It is the same route, the same fields and the same keys; only nobody looks at the page meanwhile.
"""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from playwright.sync_api import Page

_FIRST_QUESTION = (Path(__file__).parent / "questions.js").read_text(encoding="utf-8")
_MOST = 100


def answer_unseen(
    page: Page, chance: random.Random, wanted: Mapping[str, str] | None = None
) -> dict[str, str]:
    """No to whatever can be answered so, else at random, until nothing is asked; {fact: what was said}.

    `wanted`: {fact: the answer to give for everybody}.

    The page stands at the reception before and after.
    """
    at = page.url
    shown = page.content()
    # A page that listens would fetch itself anew after each answer.
    page.goto("about:blank")
    said: dict[str, str] = {}
    for _ in range(_MOST):
        question = page.evaluate(_FIRST_QUESTION, shown)
        if question is None:
            page.goto(at)
            return said
        fact, rows = question["fact"], question["rows"]
        if wanted and fact in wanted:
            answers = [(row["name"], wanted[fact]) for row in rows]
        else:
            answers = [answer for row in rows for answer in _answers(row, chance)]
        said[fact] = ",".join(value for _, value in answers)
        answer = page.request.post(
            urljoin(at, question["url"]),
            data=urlencode([*map(tuple, question["kept"]), *answers]),
            headers={"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"},
        )
        assert answer.ok, answer.text()
        shown = answer.text()
    raise AssertionError(f"questions do not end: {list(said)}")


def _answers(row: dict[str, Any], chance: random.Random) -> list[tuple[str, str]]:
    if row["one_of"]:
        value = "false" if "false" in row["one_of"] else chance.choice(row["one_of"])
        return [(row["name"], value)]
    if row["typed"]:
        return [(row["name"], "unknown")]
    chosen = row["any_of"][:1] if chance.random() < 0.3 else []
    return [(row["name"], value) for value in chosen]
