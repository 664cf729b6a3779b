"""Readers of bytes from outside, each with what must hold whatever comes: shared by hypothesis and by a coverage-guided fuzzer."""
