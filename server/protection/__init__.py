"""支援措置: an attribute of the data, decided here and nowhere else. Unknown counts as protected."""
