"""Whole visits, through the processes of `make run`, a real browser, and a real PC/SC service."""
