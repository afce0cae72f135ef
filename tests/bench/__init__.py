"""Ratios against a bare reference in the same run: `make bench`. No absolute time is ever asserted."""
