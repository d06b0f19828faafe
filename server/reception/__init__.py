"""One resident's intake: who is there, what is known, what is asked, signed and accepted."""
