"""Prices, taxes, discounts and totals, without a database."""
