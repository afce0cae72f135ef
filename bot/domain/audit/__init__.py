"""The tamper-evident log: an RFC 6962 tree of canonical records under C2SP signed checkpoints. Pure."""
