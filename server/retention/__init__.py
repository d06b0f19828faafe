"""Forgetting on time: personal data goes, the proof that it was there stays."""
