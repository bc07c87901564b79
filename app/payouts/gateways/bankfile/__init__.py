"""Files for the label's own bank: payments out, and what the bank says of them back in."""
