"""How we run it: the operator's own realm, apart from every label's."""
