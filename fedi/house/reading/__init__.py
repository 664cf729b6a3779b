"""Reading and answering: what needs a collective, what its network says, threads, people, search."""
