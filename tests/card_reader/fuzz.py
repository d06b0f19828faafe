"""Reads cards that answer wrongly in every way and looks whether the reader keeps its promises.

    python -m tests.card_reader.fuzz --exchanges 100000 [--seed N]

Promises: no exception and no hang; a result is whole or none; at most the one try that the person gave, none
when the card reports one try or none; only commands and files that reading needs; no altered attribute is
called genuine; no secret in any log or file. First each step is spoiled in each way, then several at once by
chance. Broken readers (broken_readers.py) are tried first: a fuzzer that lets them through is worth nothing.
"""

import argparse
import logging
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from card_reader import Extras
from card_reader.authenticity import TrustedKeys, rsa_key
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import FileTryCounters
from card_reader.simulated.hierarchy import process_hierarchy
from card_reader.simulated.personas import Persona
from tests.card_reader.fuzz_answers import ALWAYS, IN_FILES, ONCE, Damage
from tests.card_reader.fuzz_cases import (
    MODES,
    WAYS,
    Case,
    Hang,
    Result,
    SpoiledLine,
    Subject,
    Way,
    distinct,
    secret_for,
    the_reader,
)
from tests.card_reader.fuzz_promises import leaks, problems
from tests.card_reader.support import persona

SECONDS_A_READING = 5.0
# So many answers of a reading are spoiled one by one; the pieces of a long file are all alike.
_STEPS = 22


@dataclass
class Report:
    """What a run found. `slowest` reading in seconds, `longest` in commands.

    `findings`: a sentence each, with what repeats it.
    """

    exchanges: int = 0
    readings: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    longest: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


class Fuzzer:
    """Tries one subject. `folder` takes the card's counters and traces, as files of a demonstration would."""

    def __init__(self, subject: Subject, folder: Path, seed: int = 1) -> None:
        self.report = Report()
        self._subject = subject
        self._folder = folder
        self._chance = random.Random(seed)
        self._cards: dict[str, SimulatedCard] = {}
        self._personas = [distinct(persona(key)) for key in ("hanako", "long_address", "last_try", "blocked")]
        self._others = [persona(key) for key in ("juki", "phone", "licence", "residence", "transit")]
        trusted = {key.key_id: rsa_key(key.modulus, key.exponent) for key in process_hierarchy().trusted()}
        self._extras = (
            Extras(),
            Extras(certificate_expiry=True),
            Extras(certificate_expiry=True, trusted=TrustedKeys(trusted)),
        )

    def run(self, exchanges: int, most_findings: int = 20) -> Report:
        """Try cases until that many exchanges have happened, or enough has been found."""
        began = time.monotonic()
        for case in self._cases():
            if self.report.exchanges >= exchanges or len(self.report.findings) >= most_findings:
                break
            self.try_case(case)
        self.report.seconds = time.monotonic() - began
        self._write_traces()
        return self.report

    def _cases(self) -> Iterator[Case]:
        """Untouched ones; a removal at each step; spoiled for good; the files spoiled in each way; then, by
        turns, each step spoiled in each way (in an order of chance) and several things at once."""
        for way in WAYS:
            for who in (*self._personas, *self._others):
                yield Case(way, who, True, False, self._extras[2], (), 0)
        lengths, files = self._survey()
        for way in WAYS:
            for at in range(lengths[way]):
                yield self._case(way, self._personas[0], ((at, ONCE[0], False),))
        for way in WAYS:
            for damage in ALWAYS:
                for at in {0, 2, *files[way]}:
                    yield self._case(way, self._personas[0], ((at, damage, True),))
        for way in MODES:
            for damage in IN_FILES:
                for at in files[way]:
                    yield self._case(way, self._personas[0], ((at, damage, False),), whole=True)
        single = [
            (way, at, damage, on)
            for way in WAYS
            for at in range(lengths[way])
            for damages, on in ((ONCE, False), (ALWAYS, True))
            for damage in damages
        ]
        self._chance.shuffle(single)
        while True:
            if single:
                one, at, damage, on = single.pop()
                yield self._case(one, self._personas[0], ((at, damage, on),))
            way = self._chance.choice(WAYS)
            who = self._chance.choice((*self._personas, self._personas[0], self._chance.choice(self._others)))
            damages = [self._damage(lengths[way]) for _ in range(self._chance.randint(1, 4))]
            yield self._case(way, who, tuple(damages))

    def _survey(self) -> tuple[dict[Way, int], dict[Way, list[int]]]:
        """How many answers each way of reading has, and which of them bring most of a file.

        Of a face with its dozens of pieces only the first and the last count.
        """
        lengths: dict[Way, int] = {}
        files: dict[Way, list[int]] = {}
        who, extras = self._personas[0], self._extras[2]
        for way in WAYS:
            line = SpoiledLine(self._card(who), Case(way, who, True, False, extras, (), 0))
            the_reader(way, line, secret_for(way, who), False, extras)
            lengths[way] = min(len(line.sent), _STEPS)
            brought = [at for at, answer in enumerate(line.arrived) if len(answer) > 40]
            files[way] = sorted({*brought[:4], *brought[-1:]})
        return lengths, files

    def _damage(self, length: int) -> tuple[int, Damage, bool]:
        on = self._chance.random() < 0.15
        return self._chance.randrange(length + 2), self._chance.choice(ALWAYS if on else ONCE), on

    def _case(
        self,
        way: Way,
        who: Persona,
        damage: tuple[tuple[int, Damage, bool], ...],
        whole: bool = False,
    ) -> Case:
        """With a secret and extras of chance; `whole`: with the right one and all that can be looked at."""
        return Case(
            way,
            who,
            whole or self._chance.random() < 0.7,
            self._chance.random() < 0.3,
            self._extras[2] if whole else self._chance.choice(self._extras),
            damage,
            self._chance.getrandbits(32),
        )

    def _card(self, who: Persona) -> SimulatedCard:
        """The persona's card with the counters of a new one and nothing presented."""
        card = self._cards.get(who.id)
        if card is None:
            card = self._cards[who.id] = SimulatedCard(who)
        kept = self._folder / f"{who.id}.json"
        kept.unlink(missing_ok=True)
        card.counters = FileTryCounters(who, kept)
        card.power_off()
        return card

    def try_case(self, case: Case) -> None:
        """One reading and its examination."""
        card = self._card(case.persona)
        before = card.counters.all_left()
        line = SpoiledLine(card, case)
        secret = secret_for(case.way, case.persona)
        if not case.right and secret:
            secret[-1] ^= 1
        presented = bytes(secret)
        began = time.monotonic()
        result: Result | None = None
        try:
            with _time_limit(SECONDS_A_READING):
                result = self._subject(case.way, line, secret, case.allow_last_try, case.extras)
        except Hang as hang:
            self._found(case, f"hangs: {hang}")
        except Exception:
            self._found(case, f"crashes: {traceback.format_exc(limit=-2)}")
        took = time.monotonic() - began
        self.report.slowest = max(self.report.slowest, took)
        self.report.exchanges += len(line.sent)
        self.report.longest = max(self.report.longest, len(line.sent))
        self.report.readings += 1
        for problem in problems(case, line, result, secret, presented, before):
            self._found(case, problem)
        if result is not None:
            name = type(result).__name__
            self.report.ends[name] = self.report.ends.get(name, 0) + 1
            logging.getLogger("fuzz").debug("%s: %r", case, result)

    def _found(self, case: Case, problem: str) -> None:
        self.report.findings.append(f"{problem} [{case}]")

    def _write_traces(self) -> None:
        with (self._folder / "traces.txt").open("w", encoding="ascii") as traces:
            for key, card in self._cards.items():
                traces.writelines(f"{key} {command.hex()} {status}\n" for command, status in card.trace)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises Hang in this, the main, thread when it takes longer."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def everything_logged(path: Path) -> Iterator[None]:
    """All logs of all modules, down to DEBUG, into a file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def fuzz(subject: Subject, exchanges: int, seed: int = 1, most_findings: int = 20) -> Report:
    """One run with its search for secrets in all that it wrote."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        with everything_logged(folder / "everything.log"):
            report = Fuzzer(subject, folder, seed).run(exchanges, most_findings)
        (folder / "findings.txt").write_text("\n".join(report.findings), encoding="utf-8")
        report.findings += leaks(folder)
    return report


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when the reader kept its promises and every broken reader was caught."""
    from tests.card_reader.broken_readers import BROKEN

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None, help="default: another one each time")
    parser.add_argument(
        "--self-check", type=int, default=12_000, help="exchanges in which a broken reader has to be caught"
    )
    args = parser.parse_args(arguments)
    seed = random.SystemRandom().getrandbits(32) if args.seed is None else args.seed
    missed = [name for name, broken in BROKEN.items() if not fuzz(broken, args.self_check, seed, 1).findings]
    report = fuzz(the_reader, args.exchanges, seed)
    lines = [
        f"seed {seed}",
        f"{len(BROKEN) - len(missed)} of {len(BROKEN)} broken readers caught",
        f"{report.exchanges} exchanges in {report.readings} readings, {report.seconds:.1f} s, "
        f"slowest reading {report.slowest * 1000:.0f} ms, longest {report.longest} commands",
        *(f"  {name:18}{count}" for name, count in sorted(report.ends.items(), key=lambda end: -end[1])),
        *(f"not caught: {name}" for name in missed),
        *report.findings,
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if missed or report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
