"""Storage: engine, unit of work (the only commit), keys for personal columns."""
