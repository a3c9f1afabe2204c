"""`--outside`: accounts at which following stolen money ends, given to `trace` and `stop` alike."""

from __future__ import annotations

from collections.abc import Callable

import click

outside_option = click.option(
    "--outside",
    multiple=True,
    metavar="ACCOUNT",
    help="Not followed: a merchant or cash desk. `M*` is every account that begins with M.",
)


def is_outside(outside: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether an account is one of those that the option names."""
    names = frozenset(outside)
    beginnings = tuple(name[:-1] for name in outside if name.endswith("*"))
    return lambda account: account in names or (bool(beginnings) and account.startswith(beginnings))
