"""Who belongs to a collective, what they may do for it, and who did what."""
