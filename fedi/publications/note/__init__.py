"""Notes: short messages, replies, and everything else that has a text to show."""
