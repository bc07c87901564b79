"""Which labels exist: the rows, and the copy of them that every process keeps in memory."""
