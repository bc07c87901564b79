"""The rules of payouts: amounts, states, promises, accounts, days; nothing here knows the database."""
