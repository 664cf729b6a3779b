"""Settings of a collective and of the whole instance: profile, what was sent, room, health, what leaves and what comes in."""
