"""Words of the interface in four languages, the choice among them, and dates as people say them."""
