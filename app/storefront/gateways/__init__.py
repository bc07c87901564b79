"""The outside world of the shop: card processor, printer."""
