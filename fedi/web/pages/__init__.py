"""One module per area of pages: look, choose words, fill the template."""
