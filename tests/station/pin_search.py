"""Searches what remains of readings at a station for the PINs that were typed there: files, and memory.

    python -m tests.station.pin_search --readings 400 [--seed N]

starts the whole demonstration, types distinctive PINs at a station while the card misbehaves in every way,
and looks through the demonstration's folder (databases with their journals, logs, settings), and through the
memory of each of its processes. A four-digit number stands in megabytes of memory by chance; so it is looked
for with what was around it when it was sent, and as bare digits beside as many numbers that nobody typed.
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

from tests.stories.demo import NO_TLS, running
from tests.support_chance import without_chance

WHO, RIGHT = "mihon_taro", "1234"
FAULTS = (
    (), ("pulled@verify",), ("pulled@read:text.attributes",), ("status=6F00@verify",),
    ("garbage@tries",), ("garbage@verify",), ("short=1@verify",), ("tag=FF21@read:text.attributes",),
    ("length=83FFFFFF@read:text.attributes",), ("cut=40@read:text.attributes",), ("slow=0.01@*",),
    ("status=6984@verify",),
)  # fmt: skip
# A page's request, and VERIFY of four digits as it goes to the card.
_AS_SENT = re.compile(rb'"pin": ?"([0-9]{4})"|\x00\x20\x00\x80\x04([0-9]{4})')


@dataclass(frozen=True)
class Secrets:
    """PINs that are typed, and as many that nobody ever types."""

    typed: tuple[str, ...]
    never: tuple[str, ...]


def drawn(chance: random.Random, many: int) -> Secrets:
    """Numbers that are no year and no PIN of a persona."""
    found = chance.sample([f"{number}" for number in range(3000, 10_000)], 2 * many)
    return Secrets(tuple(found[:many]), tuple(found[many:]))


def type_at(url: str, pins: Sequence[str], client: httpx.Client) -> list[str]:
    """Reads a card with each of `pins`, which are wrong, and with the right one before each, so that tries
    remain; the last request is one with a PIN of ours. What the readings came to."""
    said = {"origin": url, "sec-fetch-site": "same-origin"}
    token = client.get(f"{url}/station/page-token", headers=said).json()["token"]
    outcomes = []
    for number, pin in enumerate(pins):
        for typed, faults in ((RIGHT, ()), (pin, FAULTS[number % len(FAULTS)])):
            laid = client.put(f"{url}/station/dev/card", json={"persona": WHO, "faults": faults})
            laid.raise_for_status()
            outcomes.append(_read(url, typed, {**said, "x-page-token": token}))
    return outcomes


def _read(url: str, pin: str, headers: dict[str, str]) -> str:
    """One reading, asked for in one piece as browsers do: then the PIN is at the end of what is received."""
    line = HTTPConnection(urlsplit(url).netloc, timeout=20)
    body = b'{"purpose":"ticket","pin":"%s"}' % pin.encode()
    line.request("POST", "/station/card/read", body, {**headers, "content-type": "application/json"})
    answer = line.getresponse()
    said = json.loads(answer.read())
    line.close()
    return str(said["outcome"])


def in_bytes(content: bytes, pins: Sequence[str]) -> set[str]:
    """Those of `pins` that stand in a file or message, as digits or in hexadecimal, not by chance."""
    text = without_chance(content.decode("latin-1"))
    found = set()
    for pin in pins:
        hexadecimal = pin.encode().hex()
        if re.search(rf"(?<![0-9A-Za-z+/.]){pin}(?![0-9A-Za-z+/])|{hexadecimal}", text):
            found.add(pin)
    return found


def in_files(folder: Path, pins: Sequence[str]) -> list[str]:
    """The files below `folder` in which a PIN stands."""
    return [
        f"{path.relative_to(folder)}: {sorted(found)}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (found := in_bytes(path.read_bytes(), pins))
    ]


@dataclass(frozen=True)
class InMemory:
    """What the memory of one process holds. `as_sent`: PINs with their request or their command around them;
    `bare` and `by_chance`: how many typed PINs stand somewhere as digits, and how many that nobody typed."""

    as_sent: tuple[str, ...]
    bare: int
    by_chance: int


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


def in_memory(pid: int, secrets: Secrets) -> InMemory:
    """The search in one process that still runs."""
    everything = b"\0".join(memory_of(pid))
    typed = {pin.encode() for pin in secrets.typed}
    as_sent = [found[0] for found in _AS_SENT.finditer(everything) if typed & set(found.groups())]
    return InMemory(
        tuple(repr(found) for found in as_sent),
        sum(pin.encode() in everything for pin in secrets.typed),
        sum(pin.encode() in everything for pin in secrets.never),
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
    secrets = drawn(random.Random(seed), args.readings // 2)
    findings, lines = [], [f"seed {seed}"]
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept) / "demo"
        client = httpx.Client(verify=NO_TLS, trust_env=False, timeout=20)
        with running(folder) as demo:
            url = f"http://{urlsplit(demo.station('kiosk-1')).netloc}"
            ends = Counter(type_at(url, secrets.typed, client))
            lines += [f"  {outcome:18}{count}" for outcome, count in ends.most_common()]
            for name, pid in demo.run["pids"].items():
                try:
                    seen = in_memory(pid, secrets)
                except OSError as error:
                    lines.append(f"the memory of {name} may not be read here: {error.strerror}")
                    continue
                findings += [f"memory of {name}: {found}" for found in seen.as_sent]
                lines.append(
                    f"memory of {name}: digits of {seen.bare} of the {len(secrets.typed)} PINs somewhere, "
                    f"of {seen.by_chance} that nobody typed"
                )
        findings += in_files(Path(kept), secrets.typed)
    sys.stdout.write("\n".join([*lines, *findings, "" if findings else "no PIN found", ""]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
