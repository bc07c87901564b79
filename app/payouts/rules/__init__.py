"""The rules of payouts: amounts, states, promises; nothing here knows the database."""
