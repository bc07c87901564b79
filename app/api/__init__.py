"""What programs of a label's own and of others reach: OAuth, REST, webhooks."""
