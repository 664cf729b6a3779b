"""What templates print: view dataclasses and a visitor in, words, dates and addresses in the visitor's language out. Pure."""
