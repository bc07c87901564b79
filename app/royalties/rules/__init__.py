"""The arithmetic of statements and the reading of sales reports, as pure functions."""
