"""The commands of `boptone`, one module an area."""
