"""A My Number card, byte for byte, and a reader to lay it on: for demonstrations, development and tests."""
