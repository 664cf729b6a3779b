"""The room where a date is found together."""
