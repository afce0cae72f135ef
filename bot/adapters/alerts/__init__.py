"""Alerts from other systems: who sent them, what they say, and that they are kept."""
