"""How flows look in a message, and what their buttons do."""
