"""Whole things for tests: people who act, visits that have come to a certain point."""
