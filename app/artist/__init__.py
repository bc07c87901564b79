"""The artists' app: what artists and their managers see of their music, money and contracts, on the phone first."""
