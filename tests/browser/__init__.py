"""The screens in a real Chromium, with a station and a server that say what a test wants them to say."""
