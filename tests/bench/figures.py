"""One measured figure, and the file that holds them all."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

SCHEMA = "kakanai-bench-1"


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`; `floor` is the least that the same work costs without Kakanai, `ratio`
    is value to floor.

    better: higher | lower. What was not measured is None.
    """

    id: str
    unit: str
    value: float | None
    p50: float | None
    p99: float | None
    n: int
    better: str
    floor: float | None
    ratio: float | None
    goal: float | None = None
    met: bool | None = None


def percentiles(samples: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    return median(samples), quantiles(samples, n=100)[98]


def timed(id: str, unit: str, samples: Sequence[float], floor: Sequence[float] | None = None) -> Figure:
    """A figure whose value is the median of `samples`."""
    p50, p99 = percentiles(samples)
    least = median(floor) if floor else None
    return Figure(
        id,
        unit,
        round(p50, 4),
        round(p50, 4),
        round(p99, 4),
        len(samples),
        "lower",
        None if least is None else round(least, 4),
        None if not least else round(p50 / least, 2),
    )


def write(path: Path, figures: Sequence[Figure]) -> dict[str, Any]:
    """Write build/bench.json and return its content."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    content = {
        "schema": SCHEMA,
        "commit": commit or None,
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "results": [asdict(figure) for figure in figures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return content
