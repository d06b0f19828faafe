"""The shape of the data files: rules, facts, and what a municipality decides."""
