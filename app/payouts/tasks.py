"""What payouts do in the background."""
