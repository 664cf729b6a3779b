"""Search in Arabic and Latin scripts: folding (pure) and the index."""
