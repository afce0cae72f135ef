"""Asking by a form: made from an action's slots, read by the parser of the slash command, shown as a plan first."""
