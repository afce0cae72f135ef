"""The table of all that a person can get wrong, made from real answers: ``python -m tests.docs.mistakes``."""
