"""What goes to the core after acceptance, and what the core says of it."""
