"""The room of organisers: who comes to an event, who waits, who asks."""
