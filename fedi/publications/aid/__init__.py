"""Aid requests and aid offers: what is needed or given, how much, until when."""
