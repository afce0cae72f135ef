"""What the rehearsal tells and how it looks: given facts, cards as text, pieces to draw. Nothing here acts."""
