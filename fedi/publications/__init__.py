"""What collectives publish: events, statements, aid requests and offers, notes. One folder per kind."""
