"""The database seam: `engine.py` says what an engine is, `sqlite.py` is one, `migrate.py` brings the tables up to date."""
