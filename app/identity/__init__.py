"""Who works at a label: members, how they come in, and the sessions they hold."""
