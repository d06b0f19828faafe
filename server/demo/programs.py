"""What a child of the demo runs: a program of the machine, or a part of Kakanai.

A part begins as a copy of the supervisor, which has loaded everything once: six processes that each load it
anew take three times as long to be ready. From there on it is a process like any other, with its own
group, environment and log.
"""

import gc
import importlib
import io
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.demo import leash


class Process(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its number, which is also its group's."""

    def ended(self) -> int | None:
        """The exit code when it has ended (negative: the signal), else None."""

    def wait(self, seconds: float | None = None) -> None:
        """Until it has ended, at most for so long."""


class Program(Protocol):
    """Something that can be started, again and again."""

    def start(self, environment: Mapping[str, str], log: Path) -> Process:
        """In a group of its own, on the leash, writing to `log`."""


@dataclass(frozen=True)
class Command:
    """A program of this machine and its arguments."""

    words: list[str]

    def start(self, environment: Mapping[str, str], log: Path) -> Process:
        """See Program."""
        with log.open("ab") as file:
            return _Executed(
                subprocess.Popen(  # noqa: S603 - our own programs
                    [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *self.words],
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
            )


@dataclass(frozen=True)
class Module:
    """`python -m NAME ARGUMENTS`, without loading again what the supervisor has loaded."""

    name: str
    arguments: tuple[str, ...] = ()

    def start(self, environment: Mapping[str, str], log: Path) -> Process:
        """See Program."""
        copy = multiprocessing.get_context("fork").Process(
            target=self._become, args=(environment, log, os.getpid())
        )
        copy.start()
        return _Forked(copy)

    def _become(self, environment: Mapping[str, str], log: Path, parent: int) -> None:
        """In the copy: let go of what is the supervisor's, and run."""
        os.setpgid(0, 0)
        leash.fasten(parent)
        with log.open("ab") as file:
            for stream in (sys.stdout, sys.stderr):
                os.dup2(file.fileno(), stream.fileno())
                if isinstance(stream, io.TextIOWrapper):
                    # Whoever reads the log reads along.
                    stream.reconfigure(line_buffering=True)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [self.name, *self.arguments]
        runpy.run_module(self.name, run_name="__main__", alter_sys=True)


def load(modules: Iterable[str]) -> None:
    """Load what every copy needs, and keep it in memory that the copies share."""
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class _Executed:
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> int | None:
        return self.process.poll()

    def wait(self, seconds: float | None = None) -> None:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return


@dataclass(frozen=True)
class _Forked:
    process: "multiprocessing.context.ForkProcess"

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    def ended(self) -> int | None:
        return self.process.exitcode

    def wait(self, seconds: float | None = None) -> None:
        self.process.join(seconds)
