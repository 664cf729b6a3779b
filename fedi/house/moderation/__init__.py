"""Moderation: reports, what waits, who is shut out or limited, what is hidden, and the history of all of it."""
