"""What is done with artists and imprints."""
