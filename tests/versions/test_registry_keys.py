"""Ed25519 keys: as RFC 8032 has them, for one purpose each, and read from files that only their owner can read."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from riskrules.versions.keys import KeyFileError, SigningKey, is_signed, key_id

SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""The first test of RFC 8032, section 7.1."""


def test_the_public_key_is_that_of_the_standard() -> None:
    """The key pair of the standard's own test."""
    assert SigningKey(Ed25519PrivateKey.from_private_bytes(SECRET)).public == base64.b64encode(PUBLIC).decode()


def test_a_signature_is_for_one_purpose_and_content() -> None:
    """It fits what was signed, for what it was signed, by whom; and nothing else."""
    key, other = SigningKey.new(), SigningKey.new()
    signature = key.sign("approval", b"content")
    assert is_signed(key.public, "approval", b"content", signature)
    assert not is_signed(key.public, "manifest", b"content", signature)
    assert not is_signed(key.public, "approval", b"content ", signature)
    assert not is_signed(other.public, "approval", b"content", signature)
    for wrong in ("", "x", signature[:-4], signature.swapcase(), base64.b64encode(bytes(64)).decode()):
        assert not is_signed(key.public, "approval", b"content", wrong)
    with pytest.raises(AssertionError):
        key.sign("approval\0con", b"tent")


def test_a_key_comes_back_from_its_file(tmp_path: Path) -> None:
    """The same key, under the same id; a file is never written over."""
    key = SigningKey.new()
    key.save(tmp_path / "key.pem")
    again = SigningKey.from_file(tmp_path / "key.pem")
    assert (again.id, again.public) == (key.id, key.public) == (key_id(key.public), key.public)
    assert key.public not in repr(key) and key.id in repr(key)
    with pytest.raises(FileExistsError):
        SigningKey.new().save(tmp_path / "key.pem")


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_what_is_no_key_of_ours_says_so(tmp_path: Path) -> None:
    """Another algorithm, a password, a public key, no PEM, others may read it: each with its sentence."""
    pem, plain = (Encoding.PEM, PrivateFormat.PKCS8), NoEncryption()
    curve = written(tmp_path / "curve", ec.generate_private_key(ec.SECP256R1()).private_bytes(*pem, plain))
    locked = Ed25519PrivateKey.generate().private_bytes(*pem, BestAvailableEncryption(b"x"))
    for path, said in (
        (curve, "not of Ed25519"),
        (written(tmp_path / "locked", locked), "no private key in PEM without a password"),
        (written(tmp_path / "none", b"hello"), "no private key in PEM"),
        (written(tmp_path / "empty", b""), "no private key in PEM"),
    ):
        with pytest.raises(KeyFileError, match=said):
            SigningKey.from_file(path)
    curve.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        SigningKey.from_file(curve)
    for public in ("", "x", "AAAA", base64.b64encode(bytes(31)).decode()):
        with pytest.raises(KeyFileError, match="public key"):
            key_id(public)
