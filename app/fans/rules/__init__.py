"""What fans are held to, without a database."""
