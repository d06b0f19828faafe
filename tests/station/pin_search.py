"""Searches what remains of readings at a station for what was typed there: files, and memory.

    python -m tests.station.pin_search --readings 400 [--seed N]

starts the whole demonstration, types distinctive PINs and numbers of cards (照合番号B) at a station while the
card misbehaves in every way, and looks through the demonstration's folder (databases with their journals,
logs, settings), and through the memory of each of its processes. A four-digit number stands in megabytes of
memory by chance; so it is looked for with what was around it when it was sent, and as bare digits beside as
many numbers that nobody typed (tests.station.typed says what is looked for).
"""

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.station.typed import RIGHT_B, RIGHT_PIN, Typed, drawn
from tests.stories.demo import NO_TLS, running
from tests.support_chance import without_chance

WHO = "mihon_taro"
FAULTS = (
    (), ("pulled@verify",), ("pulled@read:text.attributes",), ("status=6F00@verify",),
    ("garbage@tries",), ("garbage@verify",), ("short=1@verify",), ("tag=FF21@read:text.attributes",),
    ("length=83FFFFFF@read:text.attributes",), ("cut=40@read:text.attributes",), ("slow=0.01@*",),
    ("status=6984@verify",),
)  # fmt: skip


def type_at(url: str, typed: Sequence[Typed], client: httpx.Client) -> list[str]:
    """Reads a card with each of `typed`, which are wrong, and with what is right before each, so that tries
    remain; the last request is one of ours. What the readings came to."""
    said = {"origin": url, "sec-fetch-site": "same-origin"}
    token = client.get(f"{url}/station/page-token", headers=said).json()["token"]
    outcomes = []
    for number, one in enumerate(typed):
        right = RIGHT_PIN if one.mode == "pin" else RIGHT_B
        for body, faults in ((right, ()), (one.body, FAULTS[number % len(FAULTS)])):
            laid = client.put(f"{url}/station/dev/card", json={"persona": WHO, "faults": faults})
            laid.raise_for_status()
            outcomes.append(_read(url, body, {**said, "x-page-token": token}))
    return outcomes


def _read(url: str, body: bytes, headers: dict[str, str]) -> str:
    """One reading, asked for in one piece as browsers do: then the PIN is at the end of what is received."""
    line = HTTPConnection(urlsplit(url).netloc, timeout=20)
    line.request("POST", "/station/card/read", body, {**headers, "content-type": "application/json"})
    answer = line.getresponse()
    said = json.loads(answer.read())
    line.close()
    return str(said["outcome"])


def in_bytes(content: bytes, digits: Sequence[str]) -> set[str]:
    """Those of `digits` that stand in a file or message, as digits or in hexadecimal, not by chance."""
    text = without_chance(content.decode("latin-1"))
    found = set()
    for one in digits:
        if one not in text and one.encode().hex() not in text:
            continue
        if re.search(rf"(?<![0-9A-Za-z+/.]){one}(?![0-9A-Za-z+/])|{one.encode().hex()}", text):
            found.add(one)
    return found


def in_files(folder: Path, digits: Sequence[str]) -> list[str]:
    """The files below `folder` in which one of `digits` stands."""
    return [
        f"{path.relative_to(folder)}: {sorted(found)}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (found := in_bytes(path.read_bytes(), digits))
    ]


@dataclass(frozen=True)
class InMemory:
    """What the memory of one process holds. `as_sent`: what was typed in a form that does not stand there by
    chance; `bare`: short parts of it that stand somewhere as digits, and `by_chance`: those that nobody
    typed."""

    as_sent: tuple[str, ...]
    bare: tuple[str, ...]
    by_chance: tuple[str, ...]


def memory_of(pid: int) -> Iterator[bytes]:
    """What a core dump of the process would hold that it wrote itself: its writable mappings. OSError when
    this machine forbids the look."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(part, 16) for part in place.split("-"))
            memory.seek(begin)
            try:
                yield memory.read(end - begin)
            except OSError:
                # [vvar] and device memory cannot be read, and a core dump leaves them out as well.
                continue


def in_memory(pid: int, typed: Sequence[Typed], never: Sequence[Typed]) -> InMemory:
    """The search in one process that still runs, for what was `typed`, and for what nobody ever typed."""
    everything = b"\0".join(memory_of(pid))
    return InMemory(
        tuple(repr(trace) for one in typed for trace in one.traces if trace in everything),
        *(tuple(x.short for x in some if x.short.encode() in everything) for some in (typed, never)),
    )


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when no PIN was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readings", type=int, default=400)
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time")
    args = parser.parse_args(arguments)
    seed = random.SystemRandom().getrandbits(32) if args.seed is None else args.seed
    chance = random.Random(seed)
    typed, never = (drawn(chance, args.readings // 2) for _ in range(2))
    findings, lines = [], [f"seed {seed}"]
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept) / "demo"
        client = httpx.Client(verify=NO_TLS, trust_env=False, timeout=20)
        with running(folder) as demo:
            url = f"http://{urlsplit(demo.station('kiosk-1')).netloc}"
            ends = Counter(type_at(url, typed, client))
            lines += [f"  {outcome:18}{count}" for outcome, count in ends.most_common()]
            for name, pid in demo.run["pids"].items():
                try:
                    seen = in_memory(pid, typed, never)
                except OSError as error:
                    lines.append(f"the memory of {name} may not be read here: {error.strerror}")
                    continue
                findings += [f"memory of {name}: {found}" for found in seen.as_sent]
                lines.append(
                    f"memory of {name}: digits of {len(seen.bare)} of the {len(typed)} that were typed "
                    f"somewhere, of {len(seen.by_chance)} that nobody typed"
                )
        findings += in_files(Path(kept), [digits for one in typed for digits in one.digits])
    sys.stdout.write(
        "\n".join([*lines, *findings, "" if findings else "nothing that was typed was found", ""])
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
