"""Speaking with sign-in services: always by the one way out, whose addresses are checked."""
