"""`riskrules versions`: publish a ruleset, approve it, put it in force, go back, and see what was in force when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from . import findings
from .exits import Found, Stop, unreadable
from .keys import read_key
from .terminal import say
from .versions_shown import activation_json, approvals_line, instant, said_of_version, table_of, version_json

if TYPE_CHECKING:
    from ..state.lists import Lists
    from ..versions.registry import Registry


@click.group()
def versions() -> None:
    """Versions of rulesets in a registry: publish, approve, activate, roll back, and what was in force when.

    A registry is a folder, or the URL of a store. Whom to believe is said by --trust FILE, which lies with you and not
    in the registry; --unsigned verifies no signature, for a laptop. `riskrules keys new` makes a key.
    """


def _registry(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which every command finds and believes a registry."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="As JSON."),
        click.option("--unsigned", is_flag=True, help="Verify no signature: for a laptop alone."),
        click.option("--trust", metavar="FILE", help="Whom to believe: keys, roles, approvals, in TOML."),
        click.option("--registry", "place", required=True, metavar="FOLDER", help="The registry: a folder or a URL."),
    ):
        command = option(command)
    return command


_key = click.option("--key", metavar="FILE", help="Your private key; not with --unsigned.")


@versions.command()
@click.argument("file")
@_registry
@_key
@click.option("--lists", metavar="FOLDER", help="The lists that the rules read: NAME.txt or NAME.csv.")
@click.option("--expires", metavar="TIME", help="Not to be served from then on, such as 2027-06-30T00:00:00Z.")
def publish(
    file: str,
    place: str,
    trust: str | None,
    unsigned: bool,
    as_json: bool,
    key: str | None,
    lists: str | None,
    expires: str | None,
) -> None:
    """Put rules with their lists and models into a registry.

    FILE itself says name and version. What is published never changes: an edit is the next version. The same
    once more is fine.

    With --json: {"name", "version", "manifest", "fingerprint", "author", "made_at", "expires", "lists": {NAME:
    {"items", "version"}}, "models"}.
    """
    from pathlib import Path

    from ..base.diagnostics import RulesetError

    with _told(place):
        registry = open_registry(place, trust, unsigned)
        try:
            found = registry.publish(
                Path(file),
                lists=_lists(lists),
                key=read_key(key) if key else None,
                expires_us=_moment("--expires", expires),
            )
        except RulesetError as error:
            raise findings.refuse(error.diagnostics, file) from error
        if as_json:
            say(json.dumps(version_json(found), ensure_ascii=False))
            return
        said_of_version(found, "published")
        say(approvals_line(registry, found))


@versions.command()
@click.argument("name")
@click.argument("version")
@_registry
@click.option("--key", required=True, metavar="FILE", help="Your private key, of the role approver.")
def approve(name: str, version: str, place: str, trust: str | None, unsigned: bool, as_json: bool, key: str) -> None:
    """Approve a version that you have read; never your own.

    `riskrules versions show NAME VERSION --text` shows what you sign.

    With --json: {"name", "version", "manifest", "approvals", "wanted"}.
    """
    with _told(place):
        registry = open_registry(place, trust, unsigned)
        found = registry.approve(name, version, key=read_key(key))
        given, wanted = registry.approvals(found)
        if as_json:
            names = [each.by.name for each in given.given]
            say(json.dumps({"name": name, "version": version, "manifest": found.manifest, "approvals": names,
                            "wanted": wanted}, ensure_ascii=False))  # fmt: skip
            return
        say(f"approved {name} {version}")
        say(approvals_line(registry, found))


@versions.command()
@click.argument("name")
@click.argument("version")
@_registry
@_key
@click.option("--begins", metavar="TIME", help="In UTC, such as 2026-12-01T00:00:00Z; else now.")
@click.option("--ends", metavar="TIME", help="In UTC; else when the next version begins.")
def activate(
    name: str,
    version: str,
    place: str,
    trust: str | None,
    unsigned: bool,
    as_json: bool,
    key: str | None,
    begins: str | None,
    ends: str | None,
) -> None:
    """Put a version in force, now or from a later moment.

    Engines that follow the registry take it up by themselves, and begin a later one on time with no network. It may
    not overlap a version whose end is fixed; one without an end ends when this begins.

    With --json: {"name", "version", "manifest", "begins", "ends", "by"}.
    """
    from ..versions.ranges import ends_us, gap_after

    with _told(place):
        registry = open_registry(place, trust, unsigned)
        made = registry.activate(
            name,
            version,
            key=read_key(key) if key else None,
            begins_us=_moment("--begins", begins),
            ends_us=_moment("--ends", ends),
        )
        activations = registry.pointer().rulesets[name]
        if as_json:
            say(json.dumps(activation_json(name, activations, made), ensure_ascii=False))
            return
        end = ends_us(activations, made)
        say(f"{name} {version} is in force from {instant(made.begins_us)}"
            + (f" until {instant(end)}" if end is not None else ""))  # fmt: skip
        if end is not None and gap_after(activations, made):
            say(f"after it, from {instant(end)} on, nothing is in force: activate what shall follow")


@versions.command()
@click.argument("name")
@_registry
@_key
def rollback(name: str, place: str, trust: str | None, unsigned: bool, as_json: bool, key: str | None) -> None:
    """Put the version before the one in force in its place, from now.

    Twice goes back two versions. Versions that wait to begin still begin; `withdraw` takes one back.

    With --json: {"name", "version", "manifest", "begins", "ends", "by"}.
    """
    from ..versions.ranges import ahead

    with _told(place):
        registry = open_registry(place, trust, unsigned)
        made = registry.rollback(name, key=read_key(key) if key else None)
        activations = registry.pointer().rulesets[name]
        if as_json:
            say(json.dumps(activation_json(name, activations, made), ensure_ascii=False))
            return
        say(f"{name} {made.version} is in force again, from {instant(made.begins_us)}")
        for later in ahead(activations, made.begins_us):
            say(f"{name} {later.version} still begins on {instant(later.begins_us)}")


@versions.command()
@click.argument("name")
@click.argument("version")
@_registry
@_key
def withdraw(
    name: str, version: str, place: str, trust: str | None, unsigned: bool, as_json: bool, key: str | None
) -> None:
    """Let a version that waits to begin never begin.

    With --json: {"name", "version", "withdrawn"}.
    """
    with _told(place):
        open_registry(place, trust, unsigned).withdraw(name, version, key=read_key(key) if key else None)
        if as_json:
            say(json.dumps({"name": name, "version": version, "withdrawn": True}))
            return
        say(f"{name} {version} no longer waits to begin")


@versions.command()
@_registry
@_key
@click.option("--adopt", is_flag=True, help="Whoever signed it: look first.")
def renew(place: str, trust: str | None, unsigned: bool, as_json: bool, key: str | None, adopt: bool) -> None:
    """Sign the pointer again as it is.

    Do so before the key that signed it expires.

    With --adopt also where that key is trusted no longer, or nobody signed it: you answer for what is in force then.

    With --json: {"sequence", "written_at"}.
    """
    with _told(place):
        registry = open_registry(place, trust, unsigned)
        registry.renew(key=read_key(key) if key else None, adopt=adopt)
        pointer = registry.pointer()
        if as_json:
            say(json.dumps({"sequence": pointer.sequence, "written_at": instant(pointer.written_at_us)}))
            return
        say(f"signed pointer {pointer.sequence}; nothing else changed")


@versions.command("list")
@click.argument("name", required=False)
@_registry
def list_versions(name: str | None, place: str, trust: str | None, unsigned: bool, as_json: bool) -> None:
    """List versions: by whom, approved, in force when.

    Of all rulesets, or of NAME.

    With --json: {"versions": [{"name", "version", "manifest", "fingerprint", "author", "made_at", "expires", "lists",
    "models", "approvals", "wanted", "in_force": [{"begins", "ends", "by"}]}]}.
    """
    with _told(place):
        table_of(open_registry(place, trust, unsigned), name, as_json)


@versions.command()
@click.argument("name")
@click.argument("version")
@_registry
@click.option("--text", is_flag=True, help="The rules as they were written, and nothing else.")
def show(name: str, version: str, place: str, trust: str | None, unsigned: bool, as_json: bool, text: bool) -> None:
    """Show one version, verified whole.

    What it is made of, who signed it, when it is in force; with --text, what its authors wrote.

    With --json: one of the versions that `list --json` gives.
    """
    from .versions_shown import show_one

    with _told(place):
        registry = open_registry(place, trust, unsigned)
        found = registry.version(name, version)
        written = registry.text(found)
        if text:
            say(written.rstrip("\n"))
            return
        show_one(registry, found, as_json)


@versions.command("in-force")
@click.argument("at", required=False)
@click.option("--ruleset", metavar="NAME", help="Of this ruleset alone.")
@_registry
@click.pass_context
def in_force(
    ctx: click.Context,
    at: str | None,
    ruleset: str | None,
    place: str,
    trust: str | None,
    unsigned: bool,
    as_json: bool,
) -> None:
    """Say which version is in force at a moment.

    AT is in UTC, such as 2026-12-01T00:00:00Z, past or to come; else it is now. Each is loaded and verified as of its
    activation. Exit code 1 when nothing is in force.

    With --json: {"at", "in_force": [{"name", "version", "manifest", "fingerprint", "begins", "ends"}]}.
    """
    from ..versions.registry import now_us
    from .versions_shown import show_in_force

    at_us = _moment("AT", at)
    with _told(place):
        registry = open_registry(place, trust, unsigned)
        ctx.exit(show_in_force(registry, ruleset, now_us() if at_us is None else at_us, as_json))


def open_registry(place: str, trust: str | None, unsigned: bool) -> Registry:
    """The registry that the options name. Stop when they do not say whom to believe."""
    from ..versions.errors import RegistryError
    from ..versions.registry import Registry
    from ..versions.trust import UNSIGNED, Trust

    if (trust is None) == (not unsigned):
        raise Stop("say whom to believe: `--trust FILE`, or `--unsigned` on a laptop, where nobody signs")
    try:
        return Registry(place, trust=UNSIGNED if trust is None else Trust.from_file(trust))
    except RegistryError as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(unreadable(trust or place, error)) from error


def _lists(folder: str | None) -> Lists:
    from ..state.lists import Lists

    return Lists() if folder is None else Lists.from_folder(folder)


def _moment(option: str, told: str | None) -> int | None:
    """Microseconds UTC. Stop for a text that is no moment."""
    from ..base.times import parse_instant

    try:
        return None if told is None else parse_instant(told)
    except ValueError as error:
        raise Stop(f"`{option} {told}`: {error}") from error


@contextmanager
def _told(place: str) -> Iterator[None]:
    """What a registry says against it, as the end of the command: 1 for what lies there, 2 for what was asked."""
    from ..engine.source import RefusedError
    from ..state.lists import ListError
    from ..versions.errors import RegistryError

    try:
        yield
    except RefusedError as error:
        raise Found(str(error)) from error
    except (RegistryError, ListError) as error:
        raise Stop(str(error)) from error
    except FileNotFoundError as error:
        if error.filename is None or str(error.filename) != place:
            raise
        raise Stop(f"there is no registry in `{place}`; `riskrules versions publish` makes one") from error
    except OSError as error:
        if error.filename is not None:
            raise
        raise Stop(str(error)) from error
