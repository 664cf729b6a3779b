"""Where other servers send our members: to follow, answer, thank or pass on what they found there (FEP-3b86)."""
