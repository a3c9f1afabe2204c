"""`riskrules map`: a first draft of a MAP.toml, for a person to finish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import Stop
from .rulesets import load_rules
from .terminal import plain, say

if TYPE_CHECKING:
    from ..schema.fields import Schema

DEFAULT_CURRENCY = "CNY"


@click.command("map")
@click.argument("history")
@click.option("--ruleset", metavar="RULESET", help="Draft in this ruleset's currency, with the fields that it adds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
def map_history(history: str, ruleset: str | None, as_json: bool) -> None:
    """Draft which column of a history feeds which field, as a MAP.toml on standard output.

    Names and the first rows are looked at; what is only a guess says so. Amounts are taken to be in CNY unless a
    ruleset says otherwise.

    With --json: {"history", "columns", "map"}; "map" is the draft's text.
    """
    from ..bridges.columns import TableError
    from ..bridges.drafts import draft_map
    from .sampling import sample

    if Path(history).is_dir():
        raise Stop(f"`{history}` is a folder; name a file in it")
    schema = _schema(ruleset)
    try:
        rows = sample(history)
    except TableError as error:
        raise Stop(str(error)) from error
    text = draft_map(list(rows), schema, rows)
    if as_json:
        say(json.dumps({"history": history, "columns": list(rows), "map": text}, ensure_ascii=False))
    else:
        say(plain(text.rstrip("\n")))


def _schema(ruleset: str | None) -> Schema:
    from ..schema.payment import payment_schema

    return payment_schema(DEFAULT_CURRENCY) if ruleset is None else load_rules(ruleset).schema
