"""The members' house: the pages of people who are signed in. What they may do is decided at the gate, what they do at the desk."""
