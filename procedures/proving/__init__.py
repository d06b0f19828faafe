"""What shows that rules are right: checks, coverage, proofs, cases, and what a change would change."""
