"""What stands around the product in production: its proxy, its units, its guides."""
