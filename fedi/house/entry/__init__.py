"""Coming in and going out: signing in, invitations, signing out."""
