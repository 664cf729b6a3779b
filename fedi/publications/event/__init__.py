"""Events: gatherings with a time, usually with a place."""
