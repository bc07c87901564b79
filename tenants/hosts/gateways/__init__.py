"""The domain name system, as the world sees it."""
