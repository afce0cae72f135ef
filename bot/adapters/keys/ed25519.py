"""Ed25519 signatures of C2SP signed notes, type 0x01 (c2sp.org/signed-note, "Ed25519 signatures")."""

from typing import Final, final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.domain.audit.notes import KeyType, NoteError, VerifierKey

PUBLIC_SIZE: Final = 32  # bytes


@final
class Ed25519Verifier:
    """A public key whose signatures are believed."""

    __slots__ = ("_public", "key")

    def __init__(self, key: VerifierKey) -> None:
        """Take a parsed verifier key; raises `NoteError` for another type or length."""
        if key.kind != KeyType.ED25519 or len(key.public) != PUBLIC_SIZE:
            raise NoteError(f"the key {key.name} is not Ed25519 (signature type 0x01)")
        self.key = key
        self._public = Ed25519PublicKey.from_public_bytes(key.public)

    @property
    def name(self) -> str:
        """The key's name."""
        return self.key.name

    @property
    def key_id(self) -> bytes:
        """The key's four bytes."""
        return self.key.key_id

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made this signature over this text."""
        try:
            self._public.verify(signature, text)
        except InvalidSignature:
            return False
        return True

    def __repr__(self) -> str:
        """Return the public key."""
        return f"Ed25519Verifier({self.key})"


@final
class Ed25519Signer:
    """A private key under its name; never shown, never pickled."""

    __slots__ = ("_private", "_verifier")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        """Raise `NoteError` for a name that notes cannot carry."""
        public = private.public_key().public_bytes_raw()
        # Through the text, so that the name is held to the rules of notes.
        key = VerifierKey.parse(str(VerifierKey(name, KeyType.ED25519, public)))
        self._private = private
        self._verifier = Ed25519Verifier(key)

    @property
    def name(self) -> str:
        """The key's name."""
        return self._verifier.name

    @property
    def key_id(self) -> bytes:
        """The key's four bytes."""
        return self._verifier.key_id

    @property
    def verifier(self) -> Ed25519Verifier:
        """The public half; ``str(signer.verifier.key)`` is what to hand out."""
        return self._verifier

    def sign(self, text: bytes) -> bytes:
        """Return the 64 bytes of signature over the text."""
        return self._private.sign(text)

    def __repr__(self) -> str:
        """Return the public key only."""
        return f"Ed25519Signer({self._verifier.key})"

    def __reduce__(self) -> str:
        """Refuse: a pickle would carry the private key."""
        raise TypeError("a signing key is not copied or pickled")


def verifier(text: str) -> Ed25519Verifier:
    """Return the verifier for ``name+id+base64``, or raise `NoteError`."""
    return Ed25519Verifier(VerifierKey.parse(text.strip()))
