"""`kakanai worker`: sends what is due to the core and reads its answers, as a process of its own."""

import argparse
import signal


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `worker`."""
    parser = subparsers.add_parser(
        "worker", help="送信係を動かす / run the worker (PostgreSQL; settings: KAKANAI_*)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM; refused on SQLite, where the server does it itself."""
    from server.bootstrap import build
    from server.settings import Settings, SettingsRefusedError
    from server.worker import Worker

    settings = Settings()
    if settings.on_sqlite:
        raise SettingsRefusedError(
            "SQLite では送信係はサーバーの中で動きます。 / "
            "On SQLite the worker is a part of the server, the one process that writes. "
            "Set KAKANAI_DATABASE_URL to PostgreSQL to run it beside the server."
        )
    worker = Worker(build(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    return 0
