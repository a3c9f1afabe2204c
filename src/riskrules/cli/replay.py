"""`riskrules replay`: every decision of a log once more, from what it read, and where it comes out otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .exits import FINDINGS, FINE, Stop, unreadable
from .findings import counted
from .rulesets import load_rules
from .terminal import console, on_terminal, plain, say, tinted

if TYPE_CHECKING:
    from ..engine.rules import Rules
    from ..versions.replaying import Difference, Find, Replay

MOST_SHOWN = 20
"""Differences that are written out; the rest is counted. With --json as many as `MOST_TOLD`."""
MOST_TOLD = 1_000


@click.command()
@click.argument("log")
@click.option("--registry", metavar="URL", help="Take the rulesets from this registry.")
@click.option("--trust", metavar="TRUST.toml", help="Whom the registry's signatures must be by.")
@click.option("--unsigned", is_flag=True, help="Believe the registry without signatures, on a laptop.")
@click.option("--rules", "files", multiple=True, metavar="FILE", help="Take the rulesets from these files.")
@click.option("--secret", metavar="FILE", help="The log's secret, for events whose values are sealed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def replay(
    ctx: click.Context,
    log: str,
    registry: str | None,
    trust: str | None,
    unsigned: bool,
    files: tuple[str, ...],
    secret: str | None,
    as_json: bool,
) -> None:
    """Decide every payment of a log again, from what was read then.

    LOG is the folder of a DecisionLog. The versions that decided come from --registry or from --rules, and are found
    by their fingerprints; nothing else is asked for, no list and no window. Every decision must come out the same, bit
    for bit: exit code 1 where one differs or cannot be replayed. A replay believes what the log says was read; that
    nobody changed it says `riskrules verify`.

    With --json: {"ok", "decisions", "same", "differing", "unread", "unknown", "reasons", "logged_by", "replayed_by",
    "differences": [{"number", "token", "field", "logged", "replayed"}]}. "differences" holds the first thousand.
    """
    from ..versions.log_folder import LogError
    from ..versions.replaying import Replay

    if bool(registry) == bool(files):
        raise Stop("give --registry URL, or the rulesets' files with --rules FILE, and not both")
    find = _in_registry(str(registry), trust, unsigned) if registry else _in_files(files)
    held = _secret(secret) if secret else None
    kept: list[Difference] = []
    try:
        with _progress() as told:
            replayed = Replay(log, find, held, told)
            for difference in replayed:
                if len(kept) < MOST_TOLD:
                    kept.append(difference)
    except LogError as error:
        raise Stop(str(error)) from error
    if as_json:
        say(json.dumps(_described(replayed, kept), ensure_ascii=False))
    else:
        _tell(replayed, kept)
    ctx.exit(FINE if replayed.ok else FINDINGS)


def _in_files(files: tuple[str, ...]) -> Find:
    rules = [load_rules(name) for name in files]
    return {r.fingerprint: r for r in rules}.get


def _in_registry(url: str, trust: str | None, unsigned: bool) -> Find:
    from ..engine.source import RefusedError
    from ..versions.errors import RegistryError
    from ..versions.registry import Registry
    from ..versions.trust import UNSIGNED, Trust

    if bool(trust) == unsigned:
        raise Stop("say whom the registry is believed by: --trust TRUST.toml, or --unsigned on a laptop")
    try:
        opened = Registry(url, trust=Trust.from_file(trust) if trust else UNSIGNED)
    except (RegistryError, RefusedError) as error:
        raise Stop(str(error)) from error

    def find(fingerprint: str) -> Rules | None:
        try:
            return opened.rules(fingerprint)
        except (RegistryError, RefusedError) as error:
            raise Stop(str(error)) from error

    return find


def _secret(path: str) -> bytes:
    from ..versions.tokens import SecretError, read_secret

    try:
        return read_secret(path)
    except SecretError as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(unreadable(path, error)) from error


@contextmanager
def _progress() -> Iterator[Callable[[int], None] | None]:
    """A count on standard error while it runs; nothing where nobody looks."""
    if not on_terminal(err=True):
        yield None
        return
    with console(err=True).status("reading the log") as status:
        yield lambda count: status.update(f"{count:_} decisions")


def _described(replayed: Replay, kept: list[Difference]) -> dict[str, Any]:
    from ..versions.replaying import installed_version

    return {
        "ok": replayed.ok,
        "decisions": replayed.decisions,
        "same": replayed.same,
        "differing": replayed.differing,
        "unread": replayed.unread,
        "unknown": replayed.unknown,
        "reasons": replayed.reasons,
        "logged_by": sorted(replayed.versions),
        "replayed_by": installed_version(),
        "differences": [
            {"number": d.number, "token": d.token, "field": d.field, "logged": d.logged, "replayed": d.replayed}
            for d in kept
        ],
    }


def _tell(replayed: Replay, kept: list[Difference]) -> None:
    from ..versions.replaying import installed_version

    for difference in kept[:MOST_SHOWN]:
        say(f"{tinted('differs', 'error')}: {plain(str(difference))}")
    if len(kept) > MOST_SHOWN:
        say(f"and {'at least ' if len(kept) == MOST_TOLD else ''}{len(kept) - MOST_SHOWN:_} more")
    for reason, count in replayed.reasons.items():
        say(f"{tinted('not replayed', 'warning')}: {counted(count, 'decision')}: {plain(reason)}")
    own = installed_version()
    for other in sorted(replayed.versions - {own}):
        say(f"{tinted('note', 'warning')}: logged by riskrules {plain(other)}, replayed by {own}")
    pieces = [f"{replayed.same:_} the same"]
    for count, words in (
        (replayed.differing, "otherwise"),
        (replayed.unknown, "not replayed"),
        (replayed.unread, "that no rule made, with nothing to replay"),
    ):
        pieces += [f"{count:_} {words}"] if count else []
    word = tinted("replayed bit for bit", "good") if replayed.ok else tinted("not all replayed", "error")
    say(f"{counted(replayed.decisions, 'decision')} {word}: {', '.join(pieces)}")
