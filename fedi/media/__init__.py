"""Media: uploads come in through `intake` (decoded in a child, re-encoded, metadata gone), bytes rest in `storage`."""
