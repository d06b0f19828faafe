"""The server's own commands, one module each; server/cli.py finds them by themselves."""
