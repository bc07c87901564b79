"""Coming in by a sign-in service, setting one up, and keeping people in step."""
