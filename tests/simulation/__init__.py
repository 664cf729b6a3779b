"""Whole instances in a world where the clock, the network, chance and death belong to one number."""
