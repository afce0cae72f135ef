"""Evidence at rest: encrypted, whatever shelf it stands on."""
