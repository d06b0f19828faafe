"""Rules and guidance as text for people: catalogue pages, residents' lists, lines for a terminal."""
