"""Who talks to whom: values of what was observed, and what can and cannot be concluded from them."""
