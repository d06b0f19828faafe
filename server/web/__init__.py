"""What all screens share: guards, templates, words, safe writing, live updates."""
