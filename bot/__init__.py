"""Firebreak: contain a suspected compromise, with approval, proof and an exact way back."""
