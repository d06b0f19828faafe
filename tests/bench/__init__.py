"""`make bench`: every figure is measured beside a floor in the same run, and written to build/bench.json."""
