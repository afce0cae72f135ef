"""Slack: what people type and click, and the cards that they see."""
