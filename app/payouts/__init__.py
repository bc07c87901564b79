"""Payouts: what payees may have now, how it is asked for, approved, sent, followed and given back."""
