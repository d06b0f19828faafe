"""Paper: tickets (ESC/POS raster), forms (PDF) and the printers that carry them."""
