"""Who can talk to whom now, and why: for one pod all of it, or for one connection both sides."""

from bot.domain.explain.asking import explanation
from bot.domain.explain.wish import Toward, Wish

__all__ = ["Toward", "Wish", "explanation"]
