"""What comes in: door, gate, proof, store, then one handler per verb."""
