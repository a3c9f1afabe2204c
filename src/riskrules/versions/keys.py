"""Ed25519 keys: who signs, and how a signature is checked.

Each signature names its purpose, so that one made for an approval is good for nothing else. Keys are read from PEM
files (PKCS #8), as other tools write them. The algorithm is that of RFC 8032, by the `cryptography` package.
"""

from __future__ import annotations

import base64
import binascii
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MOST_KEY_BYTES = 64 * 1024
SIGNATURE_BYTES = 64
PUBLIC_BYTES = 32
INSTALL = 'signatures want the package `cryptography`: pip install "riskrules[versions]"'


class KeyFileError(ValueError):
    """A file that is not the key that is wanted. The message is one sentence."""


class SigningKey:
    """A private key. `public`: the public key in base64; `id`: the first half of its SHA-256, in hexadecimal."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes_raw()
        self.public = base64.b64encode(raw).decode("ascii")
        self.id = key_id(self.public)

    @classmethod
    def new(cls) -> SigningKey:
        """A key that nobody has had before."""
        return cls(_ed25519().Ed25519PrivateKey.generate())

    @classmethod
    def from_file(cls, path: str | Path) -> SigningKey:
        """KeyFileError when the file is no Ed25519 private key in PEM, or others may read it; OSError."""
        _ed25519()
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        with open(path, "rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileError(f"others may read or write the key in `{path}`; run `chmod 600 {path}`")
            content = file.read(MOST_KEY_BYTES + 1)
        try:
            private = load_pem_private_key(content[:MOST_KEY_BYTES], None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"`{path}` is no private key in PEM without a password") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileError(f"`{path}` is a private key, and not of Ed25519; make one with `riskrules keys new`")
        return cls(private)

    def save(self, path: str | Path) -> None:
        """Write it for its owner alone. FileExistsError when there is such a file: a key is never written over."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        content = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(content)

    def sign(self, purpose: str, content: bytes) -> str:
        """The signature in base64."""
        return base64.b64encode(self._private.sign(_told(purpose, content))).decode("ascii")

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"


def key_id(public: str) -> str:
    """What a public key (base64) is called. KeyFileError when it is none."""
    return sha256(_raw(public)).hexdigest()[:32]


def is_signed(public: str, purpose: str, content: bytes, signature: str) -> bool:
    """Whether the holder of the key (base64) signed the content for this purpose. KeyFileError when the key is none."""
    from_raw = _ed25519().Ed25519PublicKey.from_public_bytes
    from cryptography.exceptions import InvalidSignature

    try:
        given = base64.b64decode(signature, validate=True)
        from_raw(_raw(public)).verify(given, _told(purpose, content))
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return True


def _told(purpose: str, content: bytes) -> bytes:
    assert "\0" not in purpose, purpose  # or two purposes could share a signature
    return b"riskrules\0" + purpose.encode("utf-8") + b"\0" + content


def _raw(public: str) -> bytes:
    try:
        raw = base64.b64decode(public, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFileError(f"`{public[:80]}` is no public key in base64") from error
    if len(raw) != PUBLIC_BYTES:
        raise KeyFileError(f"a public key of Ed25519 has {PUBLIC_BYTES} bytes, and `{public[:80]}` has {len(raw)}")
    return raw


def _ed25519() -> Any:
    """The module of a package that may not be there."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise KeyFileError(INSTALL) from error
    return ed25519
