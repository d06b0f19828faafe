"""The waiting line: business days, tickets, calls."""
