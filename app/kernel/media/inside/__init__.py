"""What runs inside the sandbox: it reads files of strangers, and may be killed at any moment."""
