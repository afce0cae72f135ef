"""The key that signs the log's checkpoints, and the keys that are believed."""
