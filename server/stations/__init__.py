"""What the station processes ask of the server: print jobs, card reads, heartbeats."""
