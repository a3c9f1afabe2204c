"""How versions are shown: a table of all, one by itself, and what is in force at a moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .exits import FINDINGS, FINE
from .findings import counted
from .terminal import plain, say, show, tinted

if TYPE_CHECKING:
    from ..versions.catalogue import Published
    from ..versions.pointer import Pointer
    from ..versions.ranges import Activation, Activations
    from ..versions.registry import Registry

DIGITS = 12
"""Of a fingerprint, where a person looks."""


def instant(at_us: int) -> str:
    """RFC 3339 in UTC."""
    from ..base.times import format_instant

    return format_instant(at_us)


def version_json(found: Published) -> dict[str, Any]:
    """One version as JSON."""
    made = found.details
    return {
        "name": found.name,
        "version": found.version,
        "manifest": found.manifest,
        "fingerprint": made.fingerprint,
        "author": made.author,
        "made_at": instant(made.made_at_us),
        "expires": None if made.expires_us is None else instant(made.expires_us),
        "lists": {name: {"items": part.items, "version": part.version} for name, part in made.lists.items()},
        "models": list(made.models),
    }


def activation_json(name: str, activations: Activations, made: Activation) -> dict[str, Any]:
    """One activation as JSON."""
    from ..versions.ranges import ends_us

    end = ends_us(activations, made)
    return {
        "name": name,
        "version": made.version,
        "manifest": made.manifest,
        "begins": instant(made.begins_us),
        "ends": None if end is None else instant(end),
        "by": "rollback" if made.rollback else "activate",
    }


def said_of_version(found: Published, verb: str) -> None:
    """A version in a few lines."""
    made = found.details
    say(f"{tinted(verb, 'good')} {found.name} {found.version}")
    say(f"  fingerprint  {made.fingerprint[:DIGITS]}   manifest {found.manifest[:DIGITS]}")
    for name, part in made.lists.items():
        say(f"  list         {name}, {counted(part.items, 'item')}")
    for file, model in made.models.items():
        say(f"  model        {file}, {counted(model.bytes, 'byte')}")
    if made.expires_us is not None:
        say(f"  expires      {instant(made.expires_us)}")


def approvals_line(registry: Registry, found: Published) -> str:
    """How many have approved a version, and what comes next."""
    given, wanted = registry.approvals(found)
    if not wanted:
        return f"next: `riskrules versions activate {found.name} {found.version}`"
    names = ", ".join(plain(each.by.name) for each in given.given) or "nobody yet"
    have = f"{len(given.given)} of {wanted} approvals: {names}"
    step = "activate" if len(given.given) >= wanted else "approve"
    return f"{have}; next: `riskrules versions {step} {found.name} {found.version}`"


def table_of(registry: Registry, name: str | None, as_json: bool) -> None:
    """All versions, or those of one ruleset."""
    pointer = registry.pointer()
    found = registry.versions(name)
    if as_json:
        say(json.dumps({"versions": [_described(registry, pointer, x) for x in found]}, ensure_ascii=False))
        return
    if not found:
        say(f"no version is published in {plain(registry.place)}")
        return
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("ruleset", "version", "by", "approvals", "from", "until"):
        drawn.add_column(title)
    for each in found:
        times = _activations(pointer, each)
        begins = "\n".join(x["begins"] for x in times) or "–"
        ends = "\n".join(x["ends"] or "open" for x in times) or "–"
        drawn.add_row(each.name, each.version, _author(registry, each), _approvals(registry, each), begins, ends)
    show(drawn)


def show_one(registry: Registry, found: Published, as_json: bool) -> None:
    """One version."""
    pointer = registry.pointer()
    if as_json:
        say(json.dumps(_described(registry, pointer, found), ensure_ascii=False))
        return
    said_of_version(found, "whole:")
    say(f"  published    {instant(found.details.made_at_us)} with riskrules {found.details.riskrules}")
    say(f"  author       {_author(registry, found)}")
    say(f"  approvals    {_approvals(registry, found)}")
    for doubt in registry.approvals(found)[0].doubts:
        say(f"               {plain(doubt)}")
    for time in _activations(pointer, found):
        until = f" until {time['ends']}" if time["ends"] else ""
        say(f"  in force     from {time['begins']}{until}{', by rollback' if time['by'] == 'rollback' else ''}")


def show_in_force(registry: Registry, name: str | None, at_us: int, as_json: bool) -> int:
    """What is in force at a moment; the exit code."""
    names = sorted(registry.pointer().rulesets) if name is None else [name]
    releases = [release for each in names if (release := registry.in_force(each, at_us)) is not None]
    if as_json:
        told = [
            {
                "name": x.name,
                "version": x.version,
                "manifest": x.manifest,
                "fingerprint": x.rules.fingerprint,
                "begins": instant(x.begins_us),
                "ends": None if x.ends_us is None else instant(x.ends_us),
            }
            for x in releases
        ]
        say(json.dumps({"at": instant(at_us), "in_force": told}, ensure_ascii=False))
    for x in [] if as_json else releases:
        end = "" if x.ends_us is None else f" until {instant(x.ends_us)}"
        say(f"{x.name} {x.version}, fingerprint {x.rules.fingerprint[:DIGITS]}, from {instant(x.begins_us)}{end}")
    if not releases and not as_json:
        of = "" if name is None else f" of {plain(name)}"
        say(f"nothing{of} is in force on {instant(at_us)}")
    return FINE if releases else FINDINGS


def _described(registry: Registry, pointer: Pointer, found: Published) -> dict[str, Any]:
    given, wanted = registry.approvals(found)
    told = _activations(pointer, found)
    return {
        **version_json(found),
        "approvals": [each.by.name for each in given.given],
        "wanted": wanted,
        "in_force": [{key: each[key] for key in ("begins", "ends", "by")} for each in told],
    }


def _author(registry: Registry, found: Published) -> str:
    from ..engine.source import RefusedError

    try:
        signature = registry.author(found)
    except RefusedError:
        return "not believed"
    return "not asked for" if signature is None else plain(signature.by.name)


def _approvals(registry: Registry, found: Published) -> str:
    given, wanted = registry.approvals(found)
    names = ", ".join(plain(each.by.name) for each in given.given)
    return f"{len(given.given)} of {wanted}" + (f": {names}" if names else "") if wanted else "not asked for"


def _activations(pointer: Pointer, found: Published) -> list[dict[str, Any]]:
    """When a version was, is and will be in force."""
    activations = pointer.rulesets.get(found.name, ())
    return [activation_json(found.name, activations, x) for x in activations if x.manifest == found.manifest]
