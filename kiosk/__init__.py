"""The public's screens: ticket, card, call display, phone status. No login and no rules here."""
