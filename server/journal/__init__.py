"""What happened, by whom, when, at which station: once each, append-only, hash-chained."""
