"""What a registry cannot do as it was asked. What it holds and cannot be believed is a `RefusedError` instead."""

from __future__ import annotations


class RegistryError(ValueError):
    """Something that was asked of a registry and cannot be done: a name that is taken, a key that may not sign, a range
    that overlaps another. The message is one sentence that says what, and what to do."""
