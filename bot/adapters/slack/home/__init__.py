"""The App Home: what concerns one person now, with its buttons."""
