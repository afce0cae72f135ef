"""
The ladder of evidence: what shows that a containment works, and how sure that makes us.

Each rung is a class of its own that says what it needs, what it proves and what it can't. A rung that could not look
is ``SILENT``: silence is never success.
"""
