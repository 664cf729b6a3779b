"""Mujawara: a federated server for collectives. The ground under actors, inbox and outbox, and the roof over them."""
