"""A small world to rehearse in: the outside systems, spoken over their real protocols."""
