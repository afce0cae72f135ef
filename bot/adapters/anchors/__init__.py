"""Places that keep signed checkpoints outside of the database."""
