"""Which network engine enforces on a node, how sure that is, and what it does not stop."""
