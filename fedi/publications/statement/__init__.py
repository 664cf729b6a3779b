"""Statements: long texts that circulate, are translated and co-signed."""
