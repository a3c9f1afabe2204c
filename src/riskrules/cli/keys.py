"""`riskrules keys`: keys that sign versions, made and shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .exits import Stop, unreadable
from .terminal import plain, say

if TYPE_CHECKING:
    from ..versions.keys import SigningKey

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def keys() -> None:
    """Keys that sign versions: make one, and show what others need to trust it."""


@keys.command()
@click.argument("file")
@_json
def new(file: str, as_json: bool) -> None:
    """Make a key, in FILE, that only you can read.

    What is shown goes into the trust file of whoever shall believe it.

    With --json: {"file", "id", "public"}.
    """
    from ..versions.keys import KeyFileError, SigningKey

    try:
        made = SigningKey.new()
        made.save(file)
    except KeyFileError as error:
        raise Stop(str(error)) from error
    except FileExistsError as error:
        raise Stop(f"there is a file `{file}` already; a key is never written over") from error
    except OSError as error:
        raise Stop(unreadable(file, error)) from error
    _shown(made, file, as_json)


@keys.command()
@click.argument("file")
@_json
def show(file: str, as_json: bool) -> None:
    """Show what others need to trust the key in FILE.

    With --json: {"file", "id", "public"}.
    """
    _shown(read_key(file), file, as_json)


def read_key(file: str) -> SigningKey:
    """The key in a file. Stop when it is none, or others may read it."""
    from ..versions.keys import KeyFileError, SigningKey

    try:
        return SigningKey.from_file(file)
    except KeyFileError as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(unreadable(file, error)) from error


def _shown(key: SigningKey, file: str, as_json: bool) -> None:
    if as_json:
        say(json.dumps({"file": file, "id": key.id, "public": key.public}))
        return
    say(f"key {key.id} in {plain(file)}")
    say()
    say("whoever shall believe it puts this into the trust file, with your name and what you may do:")
    say()
    say("  [[key]]")
    say('  name   = "…"')
    say(f'  public = "{key.public}"')
    say('  roles  = ["author"]    # or "approver", "operator"')
