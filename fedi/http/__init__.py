"""The one mouth and the one door: every request that leaves goes through here, every connection that comes is bounded here."""
