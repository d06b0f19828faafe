"""The My Number card: APDU, TLV, PC/SC transport and the simulated card."""
