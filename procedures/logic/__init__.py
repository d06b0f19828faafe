"""Conditions over the facts of a household, in three values, and what known facts leave of them."""
