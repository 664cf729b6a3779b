"""The second factor of a person: setting it up, proving it, what is asked of whom."""
