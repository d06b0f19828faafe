"""Who is there: staff with a password and a session, stations with a key."""
