"""`riskrules liability`: every claim of a file, and who bears its loss.

Shares are written and totalled as the claims come, so memory does not grow with the file; a terminal and a page show
the first claims and all totals.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import FINDINGS, FINE, Stop
from .rulesets import load_lists, load_rules, said_empty
from .terminal import say, show

if TYPE_CHECKING:
    from ..engine.claims import Claim
    from .liability_tally import LiabilityTally

PAGE_ENDINGS = (".html", ".htm")


@click.command()
@click.argument("ruleset")
@click.argument("claims")
@click.option("--map", "map_file", metavar="MAP.toml", help="Which column feeds which field of a claim.")
@click.option("--lists", "folder", metavar="FOLDER", help="Read NAME.txt and NAME.csv in FOLDER as the list NAME.")
@click.option("--out", metavar="FILE", help="Write the shares: .parquet, .csv or .jsonl.")
@click.option("--page", metavar="FILE.html", help="Write a page to read and to hand on; it needs no network.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def liability(
    ctx: click.Context,
    ruleset: str,
    claims: str,
    map_file: str | None,
    folder: str | None,
    out: str | None,
    page: str | None,
    as_json: bool,
) -> None:
    """Say who bears the loss of every claim of a file.

    RULESET is a rule file or the name of a shipped one. CLAIMS is Parquet, CSV or JSON lines (.parquet, .csv, .jsonl),
    its columns named as a claim's fields are (`loss`, `victim.id`, `payer.account.institution`). Claims that do not fit
    are told by their line or row, and exit code is then 1; all others are decided. The shares of a claim sum to its
    loss.

    FILE of --out has a row a share in the order read: claim, liability, party, id, amount, because, due. The same input
    gives the same bytes. Parquet needs pyarrow.

    With --json: {"ruleset", "claims", "bad_rows", "currency", "loss_minor", "parties": [{"party", "id", "shares",
    "amount_minor"}], "blocks", "errors"}. "errors" holds the first ten.
    """
    from ..bridges.columns import TableError
    from ..engine.claims import decide_claims
    from ..engine.serving import Serving
    from .liability_page import page_of
    from .liability_shares import share_writer
    from .liability_tally import LiabilityTally
    from .liability_tally import drawn as drawn_tally
    from .replacing import replacing

    _check_places(out, page, (ruleset, claims, map_file))
    rules = load_rules(ruleset)
    if "claim" not in rules.events or not rules.on("claim").meaning.liabilities:
        raise Stop(f"`{ruleset}` has no `liability` block, so it does not say who bears a loss")
    lists, absent = load_lists(rules, folder)
    tally = LiabilityTally(rules.on("claim"), Path(claims).name)
    try:
        if Path(claims).is_dir():
            raise Stop(f"`{claims}` is a folder; name a file in it")
        with ExitStack() as files:
            write = files.enter_context(share_writer(out, rules)) if out else None
            for claim in _followed(decide_claims(Serving(rules, lists).on("claim"), claims, map_file), tally):
                if write and claim.decision is not None:
                    write(claim.decision)
    except TableError as error:
        raise Stop(str(error)) from error
    if page:
        with replacing(page) as file:
            file.write(page_of(tally).encode())
    if as_json:
        say(json.dumps(tally.described(), ensure_ascii=False))
    else:
        show(drawn_tally(tally))
        if absent:
            say(said_empty(absent))
    ctx.exit(FINDINGS if tally.bad_rows else FINE)


def _followed(claims: Iterator[Claim], tally: LiabilityTally) -> Iterator[Claim]:
    for claim in claims:
        tally.add(claim)
        yield claim


def _check_places(out: str | None, page: str | None, read: tuple[str | None, ...]) -> None:
    from .decision_files import check_places

    check_places(out, None, read)
    if page is None:
        return
    if Path(page).suffix.lower() not in PAGE_ENDINGS:
        raise Stop(f"`--page {page}`: its ending must be one of {', '.join(PAGE_ENDINGS)}")
    if any(other and Path(other).exists() and Path(page).resolve() == Path(other).resolve() for other in read):
        raise Stop(f"`--page {page}` would overwrite what is read; name another file")
    if not Path(page).resolve().parent.is_dir():
        raise Stop(f"`--page {page}`: there is no folder `{Path(page).parent}`")
