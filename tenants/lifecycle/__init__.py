"""What happens to a label after it is open: suspended, resumed, renamed, closed, erased."""
