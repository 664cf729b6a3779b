"""What stewards must know and decide about conduct."""
