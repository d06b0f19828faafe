"""The states as a strip at the foot of the page: what is done, what comes next, what is in the way."""

from dataclasses import dataclass

from server.print_jobs.queries import PaperView
from server.reception.life_events import FILED_HERE
from server.reception.models import Reception
from server.submissions.queries import SubmissionView


@dataclass(frozen=True)
class StepView:
    """One step of the strip. state: done, now, open, blocked; `why` keys what is missing."""

    key: str
    state: str
    why: tuple[str, ...] = ()


def strip(
    reception: Reception,
    missing: list[str],
    printed: tuple[PaperView, ...],
    sent: list[SubmissionView],
    back: bool,
) -> tuple[StepView, ...]:
    """受付 → 本人確認 → 内容 → 確認 → 印刷・署名 → 受理 → 連携 → 返却: done, next, and in the way.

    `back`: nothing of the resident's is here any more.
    """
    if reception.state == "guided" or (reception.events and reception.events.split(",")[0] not in FILED_HERE):
        return _guided_strip(reception, missing, back)
    order = ["opened", "identified", "intake", "prepared", "confirmed", "accepted", "closed"]
    if reception.state == "abandoned":
        return (StepView("abandoned", "now"),)
    at = order.index(reception.state)
    on_paper = any(paper.kind == "form" and paper.state == "printed" for paper in printed)
    settled = bool(sent) and all(one.state in ("provisional", "registered") for one in sent)
    rejected = any(one.state in ("rejected", "unreconciled") for one in sent)
    return (
        StepView("reception", "done"),
        StepView("identity", "done" if at >= 1 else "now"),
        StepView(
            "content", "done" if at >= 3 else "now" if at >= 1 else "open", tuple(missing) if at < 3 else ()
        ),
        StepView("check", "done" if at >= 4 else "now" if at == 3 else "open"),
        StepView("paper", "done" if at >= 5 or on_paper else "now" if at == 4 else "open"),
        StepView("accept", "done" if at >= 5 else "now" if at == 4 and on_paper else "open"),
        StepView("exchange", "blocked" if rejected else "done" if settled else "now" if at >= 5 else "open"),
        StepView("return", "done" if at >= 6 else "now" if at >= 5 else "open", () if back else ("items",)),
    )


def _guided_strip(reception: Reception, missing: list[str], back: bool) -> tuple[StepView, ...]:
    """受付 → 本人確認 → 内容 → 引き継ぎ → 返却: what has no form of its own here."""
    if reception.state == "abandoned":
        return (StepView("abandoned", "now"),)
    at = ["opened", "identified", "intake", "guided", "closed"].index(reception.state)
    settled = at == 2 and not missing
    return (
        StepView("reception", "done"),
        StepView("identity", "done" if at >= 1 else "now"),
        StepView(
            "content",
            "done" if at >= 3 or settled else "now" if at >= 1 else "open",
            tuple(missing) if at < 3 else (),
        ),
        StepView("hand_over", "done" if at >= 3 else "now" if settled else "open"),
        StepView("return", "done" if at >= 4 else "now" if at == 3 else "open", () if back else ("items",)),
    )
