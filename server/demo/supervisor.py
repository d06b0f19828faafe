"""Starts the demo's processes, watches them, ends them: the loop behind `kakanai run`.

Everything that happens to a child is said in one sentence. A child that dies is started again, so that a
demo survives `kill -9` of any part; one that keeps dying ends the run, because a fault that repeats has
to be looked at.
"""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from server.demo import words
from server.demo.children import Child, stop_all
from server.demo.parts import Parts, parts, seed_of
from server.demo.pcsc_service import NoServiceError
from server.demo.plan import HOST, Plan
from server.demo.state_dir import InUseError, NotOursError, claimed, prepare

OK, FAILED, MISSING = 0, 1, 3
SECONDS_TO_START = 180
SECONDS_TO_STOP = 3
SECONDS_FOR_PORTS = 3
PROBE_EVERY = 0.1
WAITED_FOR = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

Say = Callable[[str], None]


def run(plan: Plan, run_file: Path, say: Say, parts_of: Callable[[Plan], Parts] = parts) -> int:
    """Run the demo until it is told to stop (0), a child keeps dying (1) or it cannot start (3)."""
    try:
        with claimed(plan.state_dir):
            if refusal := _port_taken(plan):
                say(refusal)
                return MISSING
            prepare(plan)
            return _Supervisor(plan, parts_of(plan), run_file, say).run()
    except (InUseError, NotOursError, NoServiceError) as refusal:
        say(str(refusal))
        return MISSING


def prepare_only(plan: Plan, say: Say) -> int:
    """Make the folder and fill the database, for those who start the processes by other means (compose).

    0 done, 1 the database could not be prepared, 3 the folder is not free.
    """
    try:
        with claimed(plan.state_dir):
            prepare(plan)
            seed = seed_of(plan)
            seed.start()
            code = seed.wait_for_end()
            if code != 0:
                say(seed.log_tail())
            return OK if code == 0 else FAILED
    except (InUseError, NotOursError) as refusal:
        say(str(refusal))
        return MISSING


def _port_taken(plan: Plan) -> str:
    """A sentence about the first port that somebody else listens on, or nothing.

    Waits a moment: processes of a run that was killed take a little to go.
    """
    until = monotonic() + SECONDS_FOR_PORTS
    for name, port in plan.ports.items():
        while not _is_free(port):
            if monotonic() > until:
                return words.port_taken(name, port)
            sleep(PROBE_EVERY)
    return ""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class _Supervisor:
    def __init__(self, plan: Plan, parts: Parts, run_file: Path, say: Say) -> None:
        self.plan = plan
        self.run_file = run_file
        self.say = say
        self.seed, self.children = parts
        self.ready = False

    def run(self) -> int:
        # Blocked and waited for: between two looks at the children no signal gets lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        try:
            ended = self._seed()
            if ended is not None:
                return ended
            for child in self.children:
                child.start()
            return self._watch()
        finally:
            self.say(words.both("止めています…", "stopping…"))
            stop_all([self.seed, *self.children], SECONDS_TO_STOP)
            self.run_file.unlink(missing_ok=True)
            self.say(words.both("止まりました。", "stopped."))

    def _seed(self) -> int | None:
        """Fill the database: None when done, else the exit code to end with."""
        seed = self.seed
        seed.start()
        while seed.ended() is None:
            got = signal.sigwaitinfo(WAITED_FOR)
            if got.si_signo != signal.SIGCHLD:
                return OK
        if seed.ended() != 0:
            self._give_up(seed, words.both("データベースを用意できませんでした。", "could not be prepared."))
            return FAILED
        return None

    def _watch(self) -> int:
        until = monotonic() + SECONDS_TO_START
        while True:
            for child in self.children:
                code = child.ended()
                if code is not None and not self._revive(child, code):
                    return FAILED
            waiting = [child for child in self.children if not self._is_up(child)]
            if not waiting and not self.ready:
                self._declare_ready()
            if waiting and not self.ready and monotonic() > until:
                self._give_up(
                    waiting[0], words.both("時間内に起動しませんでした。", "did not start in time.")
                )
                return FAILED
            got = signal.sigtimedwait(WAITED_FOR, PROBE_EVERY) if waiting else signal.sigwaitinfo(WAITED_FOR)
            if got is not None and got.si_signo != signal.SIGCHLD:
                return OK

    def _is_up(self, child: Child) -> bool:
        """Probe it; when it came back after a restart, say so."""
        before = child.healthy
        if child.probe() and not before and self.ready:
            self.say(words.both(f"{child.ja}が戻りました。", f"{child.en} is back."))
        return child.healthy

    def _declare_ready(self) -> None:
        self.ready = True
        self._write_run_file()
        self.say(words.summary(self.plan))

    def _write_run_file(self) -> None:
        words.write_atomically(self.run_file, words.run_json(self.plan, self.children, os.getpid()))

    def _revive(self, child: Child, code: int) -> bool:
        """Say that it died and start it again; False when it died too often, or before it ever worked."""
        child.signal(signal.SIGKILL)
        how = f"signal {-code}" if code < 0 else f"code {code}"
        if not self.ready and code >= 0 and not child.healthy:
            self._give_up(child, words.both(f"起動できませんでした（{how}）。", f"could not start ({how})."))
            return False
        if not child.may_restart():
            often = f"{child.restarts_per_minute + 1}"
            self._give_up(
                child, words.both(f"1分間に{often}回止まりました。", f"ended {often} times within a minute.")
            )
            return False
        self.say(
            words.both(
                f"{child.ja}が止まったので（{how}）、もう一度動かします。",
                f"{child.en} ended ({how}); starting it again.",
            )
        )
        child.start()
        if self.ready:
            self._write_run_file()
        return True

    def _give_up(self, child: Child, why: str) -> None:
        self.say(f"{child.ja} / {child.en}: {why}")
        self.say(child.log_tail())
        self.say(f"→ {child.log}")
