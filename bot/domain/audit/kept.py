"""What a record says is kept beside the log: plans and cards as they were shown, by their SHA-256."""

import msgspec

_MARK = b'"kept":{'  # canonical JSON writes it in this one way


class _Details(msgspec.Struct, frozen=True):
    kept: dict[str, str] = {}


class _Keeping(msgspec.Struct, frozen=True):
    details: _Details = _Details()


_keeping = msgspec.json.Decoder(_Keeping)


def kept_by(body: bytes | None) -> tuple[str, ...]:
    """Return the SHA-256, in hex, of all that a record says is kept beside it."""
    if body is None or _MARK not in body:
        return ()
    try:
        return tuple(_keeping.decode(body).details.kept.values())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()  # a body that is no record is found by its hash
