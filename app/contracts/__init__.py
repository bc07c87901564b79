"""Deals: who is owed what for which sale, and why."""
