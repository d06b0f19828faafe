"""Tests mirror the packages; helpers are imported from here as `tests.…`."""
