"""What an instance does by itself: send, process, carry its own mail, forget what is old."""
