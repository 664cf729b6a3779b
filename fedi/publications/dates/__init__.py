"""Finding a date together: a question with several moments, each answered with yes, perhaps or no."""
