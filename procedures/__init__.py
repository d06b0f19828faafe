"""Procedure guidance as data: rules, facts and forms' fields in YAML, and the pure engine that reads them."""
