"""What stands in a log for an account, and the values that are locked up in it: all by one secret of the host's.

A token is a keyed hash (BLAKE2b, 128 bits). Whoever has the secret finds a customer's decisions by it; without it
nobody can try all account numbers, which are few enough to be tried. Events that no program decides keep their values
under AES-GCM, so that they can be replayed. Both keys come from the secret, each for its own purpose.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .keys import INSTALL

FEWEST_SECRET_BYTES = 32
MOST_SECRET_BYTES = 1024
TOKEN_BYTES = 16
_NONCE_BYTES = 12


class SecretError(ValueError):
    """A secret that cannot be used, or does not open what was locked with another. The message is one sentence."""


def new_secret(path: str | Path) -> bytes:
    """A secret of 32 random bytes, written for its owner alone. FileExistsError when there is such a file."""
    secret = os.urandom(FEWEST_SECRET_BYTES)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        file.write(base64.b64encode(secret) + b"\n")
    return secret


def read_secret(path: str | Path) -> bytes:
    """A secret from its file: 32 bytes or more in base64. SecretError when it is none or not private; OSError."""
    with open(path, "rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
            raise SecretError(f"others may read or write the secret in `{path}`; run `chmod 600 {path}`")
        content = file.read(2 * MOST_SECRET_BYTES)
    try:
        secret = base64.b64decode(content.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretError(f"`{path}` holds no secret in base64") from error
    return checked(secret)


def checked(secret: bytes) -> bytes:
    if not isinstance(secret, bytes) or not FEWEST_SECRET_BYTES <= len(secret) <= MOST_SECRET_BYTES:
        raise SecretError(f"a log's secret has {FEWEST_SECRET_BYTES} to {MOST_SECRET_BYTES:_} bytes")
    return secret


class Tokens:
    """Tokens by one secret. The same account has the same one in every log of the secret, as payer and as payee."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(checked(secret), b"riskrules log tokens", "sha256")

    def of(self, kind: str, text: str) -> str:
        """32 hexadecimal digits. `kind`: account, merchant, wallet, party, or id (the payment's own)."""
        told = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(told, digest_size=TOKEN_BYTES, key=self._key).hexdigest()


class Safe:
    """Locks values for one log. `tokens`: by the same secret. SecretError when the package that does it is absent."""

    def __init__(self, secret: bytes, log_id: str) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        except ImportError as error:
            raise SecretError(INSTALL) from error
        key = HKDF(SHA256(), 32, log_id.encode(), b"riskrules log values").derive(checked(secret))
        self._cipher = AESGCM(key)
        self._about = log_id.encode()
        self.tokens = Tokens(secret)

    def lock(self, values: Mapping[str, Any]) -> str:
        """JSON values → base64."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = json.dumps(values, separators=(",", ":")).encode()
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, self._about)).decode("ascii")

    def unlock(self, locked: str) -> dict[str, Any]:
        """SecretError when it was locked with another secret, for another log, or changed."""
        from cryptography.exceptions import InvalidTag

        try:
            raw = base64.b64decode(locked, validate=True)
            plain = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._about)
            values = json.loads(plain)
        except (binascii.Error, InvalidTag, ValueError) as error:
            said = "the secret is not the one that the log was written with, or a record was changed"
            raise SecretError(said) from error
        if not isinstance(values, dict):
            raise SecretError("a record holds no values by name")
        return values
