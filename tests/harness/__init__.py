"""Whole instances for tests: real HTTP over TLS on loopback, real databases, a clock that only the test moves."""
