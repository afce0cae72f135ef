"""
The pieces, one module per kind of thing. Each module has ``pieces() -> Iterable[Piece]``; the gallery finds it here.

Names are file names: small letters, digits and hyphens, unique over all modules.
"""
