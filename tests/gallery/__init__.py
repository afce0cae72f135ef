"""What people see, as pictures: every piece is painted by the real painters. ``python -m tests.gallery`` makes them."""
