"""Who is speaking, who listens, who is shut out: actors, keys, followers, blocks."""
