"""Money in whole micros, double entry: accounts and postings, and nothing of whom or what they are about."""
