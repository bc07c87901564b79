"""From what stores sent to what payees are told: sales reports, runs, statements."""
