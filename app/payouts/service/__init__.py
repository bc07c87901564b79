"""What is done with payouts."""
