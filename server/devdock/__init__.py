"""The hardware desk: simulated cards, printers and core, operated from a page. Not mounted in production."""
