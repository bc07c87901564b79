"""Composition: web, worker, scheduler and the command line are put together here."""
