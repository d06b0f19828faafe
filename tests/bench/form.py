"""A page of the form beside the least that the same work costs."""

import io
import time
from pathlib import Path

import yaml
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from printing.font_files import existing
from printing.forms.residence_change import ResidenceChangeForm, render
from tests.bench.figures import Figure, timed

SAMPLES = Path("printing/forms/data/samples/residence_change.yaml")


def figures(rounds: int) -> list[Figure]:
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
