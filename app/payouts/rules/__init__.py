"""The arithmetic and the reading behind payouts, as pure functions."""
