"""What bulk upload knows without a database."""
