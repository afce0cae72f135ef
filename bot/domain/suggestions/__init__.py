"""What an alert suggests: playbooks that fit, as plans that were really made, for a person to take or to dismiss."""

from bot.domain.suggestions.boards import Board, Mute
from bot.domain.suggestions.causes import Cause
from bot.domain.suggestions.looks import Look
from bot.domain.suggestions.resolved import Resolved, Standing
from bot.domain.suggestions.suggestion import Former, Suggested, Suggestion

__all__ = ["Board", "Cause", "Former", "Look", "Mute", "Resolved", "Standing", "Suggested", "Suggestion"]
