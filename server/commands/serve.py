"""`kakanai serve`: the server alone, as it runs in a municipality."""

import argparse

# A display that is open holds its event stream for hours: without a limit, stopping would wait for it.
SECONDS_TO_FINISH = 2


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `serve`."""
    parser = subparsers.add_parser("serve", help="サーバーを動かす / run the server (settings: KAKANAI_*)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    import uvicorn

    from server.settings import Settings

    settings = Settings()
    uvicorn.run(
        "server.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        # Paths carry ticket tokens: who asked what is in the journal, not in a log file.
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    return 0
