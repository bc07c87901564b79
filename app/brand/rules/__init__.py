"""What is decided about a brand without asking anybody: pure functions of bytes, inputs and time."""
