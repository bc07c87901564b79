"""What may be heard where and when, which part of it, and how players are told; nothing here knows a database."""
