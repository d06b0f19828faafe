"""A demo whose parts are a few lines long, so that the supervisor can be tested in seconds.

`python tiny_demo.py STATE_DIR OFFSET RUN_JSON KIND`: the server and the core answer /healthz, nothing
else; KIND says how they behave (good, crashing, stubborn, failing-seed). The supervisor cannot tell the
difference.
"""

import sys
from functools import partial
from pathlib import Path

from server.demo.children import Child, answers
from server.demo.parts import Parts, environment
from server.demo.plan import Plan, make_plan
from server.demo.programs import Command, Module, Program
from server.demo.supervisor import run

HEALTHY = """
import http.server, signal, subprocess, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404); self.end_headers()
    def log_message(self, *args): pass
"""
SERVE = "http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Answer).serve_forever()\n"
# Ignores the polite signal and has a child that does so as well.
STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, '-c', 'import signal; signal.signal(15, signal.SIG_IGN); signal.pause()'])
"""
# Becomes ready, then dies, again and again.
CRASHING = "import threading, os; threading.Timer(0.4, lambda: os._exit(9)).start()\n"
PROGRAMS = {
    "good": HEALTHY + SERVE,
    "stubborn": HEALTHY + STUBBORN + SERVE,
    "crashing": HEALTHY + CRASHING + SERVE,
    "broken": "print('no such table: wishes'); raise SystemExit(4)",
}


def tiny_parts(plan: Plan, kind: str) -> Parts:
    """A seed that does nothing and two servers; the second of the given kind."""
    told, logs = environment(plan), plan.state_dir / "logs"

    def child(name: str, program: Program, port: int | None) -> Child:
        is_ready = partial(answers, port) if port else None
        return Child(name, name, name, program, told, logs / f"{name}.log", is_ready)

    def script(text: str, *arguments: str) -> Command:
        return Command([sys.executable, "-c", text, *arguments])

    seed = child("seed", script(PROGRAMS["broken"] if kind == "failing-seed" else "pass"), None)
    # One of each: a copy of the supervisor, and a program of the machine.
    core = child("core", Module("tiny_core", (str(plan.core_port),)), plan.core_port)
    server = script(PROGRAMS.get(kind, PROGRAMS["good"]), str(plan.server_port))
    return seed, [core, child("server", server, plan.server_port)]


def say(text: str) -> None:
    """Unbuffered, for the test that reads along."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run it."""
    state_dir, offset, run_json, kind = arguments
    plan = make_plan(Path(state_dir), offset=int(offset))
    return run(plan, Path(run_json), say, lambda p: tiny_parts(p, kind))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
