"""What can be done with programs, their tokens and their authorizations."""
