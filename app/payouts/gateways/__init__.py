"""The rails on which money leaves: one interface, and behind it a card processor, a bank's file, a bank of our own."""
