"""Lists and reports of payouts."""
