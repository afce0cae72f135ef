"""The rehearsal: the real bot in the sandbox's world, a story played in it, and every step of it checked."""
