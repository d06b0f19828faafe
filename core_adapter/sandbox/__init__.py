"""A small core residence system of the invented city 見本市: a process, data and faults of its own."""
