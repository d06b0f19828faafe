"""The card and the form, each beside the least that the same work costs."""

import io
import time
from pathlib import Path

import yaml
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from card_reader.mynumber import read_attributes
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.faults import Fault
from card_reader.simulated.personas import load_personas
from printing.font_files import existing
from printing.forms.residence_change import ResidenceChangeForm, render
from tests.bench.figures import Figure, timed

# Said of real cards in round figures; none was measured here.
A_REAL_PACE_S = 0.005
# Our time over the bare sum of the same commands.
GOAL_RATIO = 1.1
SAMPLES = Path("printing/forms/data/samples/residence_change.yaml")


def card(rounds: int) -> list[Figure]:
    """Reading the four attributes: how many APDUs, and our time over the bare sum of the same APDUs."""
    persona = load_personas()["mihon_taro"]
    samples, floor, count = [], [], 0
    for _ in range(rounds):
        live = SimulatedCard(persona)
        began = time.perf_counter()
        outcome = read_attributes(live, bytearray(b"1234"))
        samples.append((time.perf_counter() - began) * 1000)
        count = outcome.apdus
        fresh = SimulatedCard(persona)
        apdus = _sent(persona)
        began = time.perf_counter()
        for apdu in apdus:
            fresh.transmit(apdu)
        floor.append((time.perf_counter() - began) * 1000)
    number = Figure(
        "card_read_apdus", "APDUs", float(count), None, None, rounds, "lower", None, None, 10.0, count <= 10
    )
    return [number, timed("card_read", "ms", samples, floor), *_paced_card(max(rounds // 5, 20))]


def _paced_card(rounds: int) -> list[Figure]:
    """The same with a card that takes its time over each command, as a real one does: our part of a read."""
    persona = load_personas()["mihon_taro"]
    apdus, slow = _sent(persona), [Fault.parse(f"slow={A_REAL_PACE_S}@*")]
    samples, floor = [], []
    for _ in range(rounds):
        live, fresh = SimulatedCard(persona, faults=slow), SimulatedCard(persona, faults=slow)
        began = time.perf_counter()
        read_attributes(live, bytearray(b"1234"))
        samples.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        for apdu in apdus:
            fresh.transmit(apdu)
        floor.append((time.perf_counter() - began) * 1000)
    read = timed("card_read_at_a_card_s_pace", "ms", samples, floor)
    ratio = read.ratio or 0.0
    return [
        read,
        Figure(
            "card_read_ratio", "times", ratio, None, None, rounds, "lower", 1.0, ratio, GOAL_RATIO,
            ratio <= GOAL_RATIO,
        ),
    ]  # fmt: skip


def form(rounds: int) -> list[Figure]:
    """One page of the 住民異動届; the floor is a bare reportlab page with the same font."""
    sample = next(iter(yaml.safe_load(SAMPLES.read_text(encoding="utf-8")).values()))
    content = ResidenceChangeForm.model_validate(sample)
    pages = max(1, render(content).count(b"/Type /Page\n"))
    pdfmetrics.registerFont(TTFont("floor", str(existing("mincho")[0].path)))
    samples, floor = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        render(content)
        samples.append((time.perf_counter() - began) * 1000 / pages)
        began = time.perf_counter()
        canvas = Canvas(io.BytesIO(), pagesize=A4, invariant=1)
        canvas.setFont("floor", 10.5)
        for row in range(60):
            canvas.drawString(50, 800 - row * 12, f"見本市の届出　{row}番　見本　太郎")
        canvas.save()
        floor.append((time.perf_counter() - began) * 1000)
    return [timed("form_pdf_page", "ms", samples, floor)]


def _sent(persona: object) -> list[bytes]:
    """The APDUs of one reading, as they were sent."""
    recorder = _Recorder(SimulatedCard(persona))  # type: ignore[arg-type]
    read_attributes(recorder, bytearray(b"1234"))
    return recorder.sent


class _Recorder:
    def __init__(self, card: SimulatedCard) -> None:
        self._card = card
        self.sent: list[bytes] = []

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(bytes(apdu))
        return self._card.transmit(apdu)
