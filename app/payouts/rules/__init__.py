<<<<<<< HEAD
"""The rules of payouts: amounts, states, promises; nothing here knows the database."""
=======
"""The arithmetic and the reading behind payouts, as pure functions."""
>>>>>>> h_bank
