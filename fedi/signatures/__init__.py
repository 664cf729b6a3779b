"""Signatures: sign and verify requests and documents, given key and time. No clock, no network, no database here."""
