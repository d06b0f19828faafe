"""Helpers without business and without I/O: clock, ids, wareki, text."""
