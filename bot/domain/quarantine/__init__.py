"""How a quarantine is planned: what is read, what is made of it, and what it would leave open."""
