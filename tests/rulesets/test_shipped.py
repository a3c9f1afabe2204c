"""What holds for every ruleset that ships: it checks, its inline tests pass and guard its limits, its fingerprint is
its meaning's, no word in it can be dropped unnoticed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from riskrules.base.resources import folder, ruleset_path
from riskrules.base.source import Source
from riskrules.checker.ruleset import Checked, check_text
from riskrules.engine.engine import Engine
from riskrules.engine.inline_tests import run_tests
from riskrules.engine.rules import load, loads
from riskrules.meaning.fingerprint import fingerprint
from riskrules.syntax.format import format_text
from riskrules.syntax.layout import Cut, cut
from riskrules.syntax.lexer import RawToken, lex
from riskrules.syntax.parse import parse
from riskrules.syntax.tables import tables
from riskrules.syntax.tree import Node, Token, walk

SHIPPED = sorted(folder("rulesets").rglob("*.risk"))
NAMES = [path.relative_to(folder("rulesets")).as_posix() for path in SHIPPED]
TEXTS = {name: path.read_text("utf-8") for name, path in zip(NAMES, SHIPPED, strict=True)}
MODELS = {path.name: path.read_bytes() for path in folder("rulesets").rglob("*.onnx")}

EXPECTED_WARNINGS: dict[str, dict[str, str]] = {
    "gb/payment_delay.risk": {"no-notice": "where it is unlawful to tell the payer, the payer is not told"},
}
"""By ruleset: the warning's code and why it stays."""

WITHOUT_LIMITS = {
    "cards/chargebacks.risk",
    "eu/draft_payment_services.risk",
    "eu/payee_verification.risk",
    "gb/payment_delay.risk",
}
"""Rulesets that compare with no number but dates; how long an order waits, `expect` states."""

SEED = 20_261_121
MOST_WORDS = 1_000_000

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared"
FACTS = BESIDE_THE_CHECKOUT / "design" / "regulations.md"

each_ruleset = pytest.mark.parametrize("name", NAMES)


def checked(text: str) -> Checked:
    return check_text(text, "shipped.risk", beside=MODELS.__getitem__)


def cuts(text: str) -> list[Cut]:
    return cut(text, MOST_WORDS)[1]


def tokens(text: str, start: int = 0, end: int | None = None) -> list[RawToken]:
    found, slips = lex(text, start, len(text) if end is None else end, tables().words, MOST_WORDS)
    assert not slips
    return found


# -- they check, and their tests pass ---------------------------------------------------------------------------------
def test_rulesets_are_shipped() -> None:
    """There is one for each claim that the README makes."""
    assert {"cn/whose_account.risk", "examples/paysim.risk", "examples/handbook.risk"} <= set(NAMES)


@each_ruleset
def test_it_checks(name: str) -> None:
    """No error, and no warning but those that are listed with their reason."""
    found = checked(TEXTS[name])
    assert [str(d) for d in found.errors] == []
    assert {d.code for d in found.warnings} == set(EXPECTED_WARNINGS.get(name, {}))


@each_ruleset
def test_its_inline_tests_pass(name: str) -> None:
    """Every inline test passes, by the interpreter and by the kernel."""
    results = run_tests(loads(TEXTS[name], name, models=MODELS))
    assert results
    assert {f"{r.of}: {r.name}": r.failures for r in results if not r.passed} == {}


@each_ruleset
def test_every_rule_fires_somewhere_and_is_silent_somewhere(name: str) -> None:
    """Each rule, exempt and liability has an inline test in which it does something, and one in which it does not."""
    rules = loads(TEXTS[name], name, models=MODELS)
    every = [rules.on(event) for event in rules.events]
    named = [(*r.by_name, *r.exempt_by_name, *r.liability_by_name) for r in every]
    fired: dict[str, set[bool]] = {one: set() for names in named for one in names}
    for result in run_tests(rules):
        decision = result.decision
        seen = {*decision.fired, *decision.exempts, *decision.lifted, *(s.rule for s in decision.shares)}
        for one in fired:
            fired[one].add(one in seen)
    assert {one: seen for one, seen in fired.items() if seen != {True, False}} == {}


@each_ruleset
def test_it_is_formatted(name: str) -> None:
    """It stands there as `riskrules format` writes it."""
    assert format_text(TEXTS[name], name) == TEXTS[name]


# -- a limit cannot move unnoticed ------------------------------------------------------------------------------------
_BEYOND_THE_LIMITS = {"else_", "tune", "test", "measure", "then", "window", "in_force", "score", "band", "within"}


def limits_of(text: str) -> Iterator[tuple[Node, Node, str, str]]:
    """Each number that a rule compares with: its block, its node, and the text with it one step lower and one step
    higher."""
    for block in parse(Source("shipped.risk", text)).blocks:
        if block.kind in ("param", "rule", "exempt", "let", "liability"):
            for node in _literals(block):
                yield block, node, moved(text, node, -1), moved(text, node, 1)


def _literals(node: Node) -> Iterator[Node]:
    if node.kind in _BEYOND_THE_LIMITS:
        return
    if node.kind in ("money", "ratio", "bps", "number", "duration"):
        yield node
        return
    for part in node.parts:
        if isinstance(part, Node):
            yield from _literals(part)


def moved(text: str, node: Node, step: int) -> str:
    """The number moved by the least that it can be: a minor unit, a hundredth of a percent, a basis point (or the last
    digit that is written of it), a second, one."""
    token = next(p for p in node.parts if isinstance(p, Token))
    raw = token.text.replace("_", "")
    if node.kind == "money":
        new = f"{Decimal(raw) + Decimal(step) / 100:.2f}"
    elif node.kind == "ratio":
        new = f"{Decimal(raw.rstrip('%')) + Decimal(step) / 100:.2f}%"
    elif node.kind == "bps":
        digits = len(raw.removesuffix("bps").partition(".")[2])
        new = f"{Decimal(raw.removesuffix('bps')) + Decimal(step).scaleb(-digits)}bps"
    elif node.kind == "duration":
        new = f"{int(raw[:-1]) * {'d': 86_400, 'h': 3_600, 'm': 60, 's': 1}[raw[-1]] + step}s"
    else:
        new = str(int(raw) + step)
    return text[: token.start] + new + text[token.end :]


def with_tests_of(text: str, limit: str) -> str:
    """The text with the inline tests of those blocks only that come to read a param or a `let`, or are called so: a
    tenth of the tests, which are looked at first. A test that fails in it fails in the whole text."""
    blocks = parse(Source("shipped.risk", text)).blocks
    names = {limit}
    words = {block.start: _words(block) for block in blocks}
    for _ in blocks:
        reached = {_called(b) for b in blocks if b.kind == "let" and words[b.start] & names}
        if reached <= names:
            break
        names |= reached
    return _without_tests_of(text, [block for block in blocks if not words[block.start] & names])


def _without_tests_of(text: str, blocks: Iterable[Node]) -> str:
    kept, begin = [], 0
    for block in blocks:
        for test in (p for p in block.parts if isinstance(p, Node) and p.kind == "test"):
            kept.append(text[begin : test.start])
            begin = test.end
    return "".join([*kept, text[begin:]])


def _called(block: Node) -> str:
    return next((p.text for p in block.parts if isinstance(p, Token)), "")


def _words(block: Node) -> set[str]:
    """Every word of the block but those of its inline tests."""
    parts = [p for p in block.parts if p is not None and not (isinstance(p, Node) and p.kind == "test")]
    found = (token for part in parts for token in (walk(part) if isinstance(part, Node) else (part,)))
    return {token.text for token in found if isinstance(token, Token)}


def fails(text: str, name: str) -> bool:
    """Whether an inline test of it does. It has to check, which is what it is loaded for."""
    return not all(r.passed for r in run_tests(loads(text, name, models=MODELS)))


def test_fewer_inline_tests_are_some_of_all() -> None:
    """Those that are left are the whole file's, with the same outcome, and there are some for every limit."""
    text = TEXTS["typologies/victims.risk"]
    every = {(r.of, r.name): r.passed for r in run_tests(loads(text))}
    for block in parse(Source("victims.risk", text)).blocks:
        if block.kind == "param":
            fewer = with_tests_of(text, _called(block))
            assert fingerprint(checked(fewer).or_raise()) == fingerprint(checked(text).or_raise())
            left = {(r.of, r.name): r.passed for r in run_tests(loads(fewer))}
            assert left.items() <= every.items()
            assert 0 < len(left) < len(every)


@each_ruleset
def test_a_limit_that_moves_fails_a_test(name: str) -> None:
    """Inline tests stand on both sides of every limit: moved by the least it can be, either way, one of them fails."""
    unnoticed = []
    looked_at = 0
    for block, node, lower, higher in limits_of(TEXTS[name]):
        looked_at += 1
        for text in (lower, higher):
            if not any(fails(each, name) for each in (with_tests_of(text, _called(block)), text)):
                line = TEXTS[name].count("\n", 0, node.start) + 1
                unnoticed.append((line, TEXTS[name][node.start : node.end], "lower" if text is lower else "higher"))
    assert bool(looked_at) != (name in WITHOUT_LIMITS)
    assert unnoticed == []


# -- the fingerprint is the meaning's ---------------------------------------------------------------------------------
def reformatted(text: str, chance: random.Random) -> str:
    """The same words in other lines, with other comments, and all blocks but the first in another order."""
    spaces = [" ", "  ", "\n  ", "\n\n      ", ' # a remark, with a "quote\n  ', "\t"]
    blocks = []
    for piece in cuts(text):
        words = [word for _, word, _, _ in tokens(text, piece.start, piece.end)]
        blocks.append("".join(word + chance.choice(spaces) for word in words[:-1]) + words[-1] + "\n")
    rest = blocks[1:]
    chance.shuffle(rest)
    return "# begins with a remark\n" + "".join([blocks[0], *rest])


@each_ruleset
@pytest.mark.parametrize("seed", range(5))
def test_layout_and_order_do_not_change_the_fingerprint(name: str, seed: int) -> None:
    """Comments, spacing and the order of blocks are nobody's business."""
    before = checked(TEXTS[name]).or_raise()
    other = reformatted(TEXTS[name], random.Random(seed))
    assert other != TEXTS[name]
    assert fingerprint(checked(other).or_raise()) == fingerprint(before)


@each_ruleset
def test_names_of_lets_do_not_change_the_fingerprint(name: str) -> None:
    """A `let` is a name for what is written out anyway."""
    text = TEXTS[name]
    for block in (b for b in parse(Source(name, text)).blocks if b.kind == "let"):
        word = block.parts[0]
        assert isinstance(word, Token)
        text = re.sub(rf"\b{word.text}\b", f"{word.text}_by_another_name", text)
    assert fingerprint(checked(text).or_raise()) == fingerprint(checked(TEXTS[name]).or_raise())


@each_ruleset
def test_a_moved_limit_changes_the_fingerprint(name: str) -> None:
    """What can change a decision changes the fingerprint."""
    before = fingerprint(checked(TEXTS[name]).or_raise())
    for _, _, lower, higher in limits_of(TEXTS[name]):
        assert before not in {fingerprint(checked(text).or_raise()) for text in (lower, higher)}


# -- no word can be dropped unnoticed ---------------------------------------------------------------------------------
def without_each_token(text: str, chosen: set[int] | None = None) -> Iterator[tuple[int, str, str, str]]:
    """Place of each token (or of the chosen numbers), the text without it, of that the one or two blocks that the
    deletion touches, and these as they were."""
    pieces = cuts(text)
    number = 0
    for i, piece in enumerate(pieces):
        for kind, _, a, b in tokens(text, piece.start, piece.end):
            assert kind != "UNKNOWN"
            if chosen is None or number in chosen:
                begin = pieces[max(i - 1, 0)].start if a == piece.start else piece.start
                yield a, text[:a] + text[b:], text[begin:a] + text[b : piece.end], text[begin : piece.end]
            number += 1


def survives(before: str, was: str, near: str, whole: str) -> bool:
    """Whether the file still checks and means something else. `near` is looked at first, beside what it `was`: a block
    is parsed by itself, so one that no longer parses breaks the file, and inline tests are no part of the meaning."""
    if parse(Source("near.risk", near)).diagnostics or without_tests(near) == without_tests(was):
        return False
    found = checked(whole)
    return found.ruleset is not None and fingerprint(found.ruleset) != before


@lru_cache(maxsize=8)
def without_tests(blocks: str) -> str:
    return _without_tests_of(blocks, parse(Source("near.risk", blocks)).blocks)


@each_ruleset
def test_no_token_can_be_dropped_unnoticed(name: str) -> None:
    """Without any one of its words a ruleset does not check, or it means the same."""
    text = TEXTS[name]
    before = fingerprint(checked(text).or_raise())
    dropped = [
        f"line {text.count(chr(10), 0, place) + 1}: {text[place : place + 40].splitlines()[0]}"
        for place, whole, near, was in without_each_token(text)
        if survives(before, was, near, whole)
    ]
    assert dropped == []


@each_ruleset
def test_a_block_that_does_not_parse_breaks_the_file(name: str) -> None:
    """What the test above saves time by: a deletion seen in the blocks it touches is seen in the file."""
    text = TEXTS[name]
    count = len(tokens(text, cuts(text)[0].start))
    for _, whole, near, _ in without_each_token(text, set(random.Random(SEED).sample(range(count), 25))):
        if parse(Source("near.risk", near)).diagnostics:
            assert checked(whole).errors


def test_a_token_that_survives_is_found() -> None:
    """The search can fail: where a word is dropped and another meaning is left, it says so."""
    text = TEXTS["examples/handbook.risk"]
    before = fingerprint(checked(text).or_raise())
    begin, end = text.index("rule far_above_the_usual"), text.index("rule far_above_the_card")
    near = (
        text[begin:end]
        .replace("  and     payee.merchant is known\n", "")
        .replace("  responsible payee.merchant\n", "")
        .replace("  measure reverify payee.merchant\n", "")
    )
    assert survives(before, text[begin:end], near, text[:begin] + near + text[end:])


# -- citations --------------------------------------------------------------------------------------------------------
def sections(text: str, keys: tuple[str, ...]) -> str:
    """The sections whose heading names the document, and every line elsewhere that does."""
    found = []
    for part in re.split(r"(?m)^(?=#{2,3} )", text):
        heading = part.partition("\n")[0]
        if any(key in heading for key in keys):
            found.append(part)
        else:
            found += [line for line in part.splitlines() if any(key in line for key in keys)]
    return "\n".join(found)


CALLED = {
    "AFL": ("AFL", "Anti-Telecom"),
    "AML": ("AML Law",),
    "CPL": ("CPL",),
    "JPM": ("JPM", "Joint punishment"),
    "PCAC": ("PCAC",),
    "PROC": ("Procedure Rules",),
    "Y22": ("意见(二)",),
}
"""By a ruleset's name for a source: how the facts call it, where it has no number."""


def keys_of(source: str, title: str) -> tuple[str, ...]:
    """How the collection of facts calls the document."""
    own = CALLED.get(source, ())
    number = re.search(r"(\d+)号", title)
    return (*own, *([f"{number[1]}号", f"-{number[1]}", f"{number[1]}("] if number else []))


def missing_places(where: str, facts: str) -> list[str]:
    """The articles and items of a citation that the facts do not know."""
    before = r"(?:\d+(?:\(\d+\))?(?:-\d+)?, )*"
    missing = [
        f"Art {number}"
        for number in re.findall(r"Art (\d+)", where)
        if not re.search(rf"Arts? {before}{number}\b|^\| (?:\d+ / )?{number}\b", facts, re.MULTILINE)
    ]
    missing += [item for item in re.findall(r"[一二三四]?\([一二三四五六七八九十]+\)\d?", where) if item not in facts]
    return missing


def facts_or_skip() -> str:
    if not FACTS.is_file():
        pytest.skip("the collection of regulatory facts (regulations.md) is not beside this checkout")
    return FACTS.read_text("utf-8")


def test_every_citation_is_a_known_fact() -> None:
    """Each document, article and item that a shipped Chinese ruleset cites stands in the collection of facts."""
    facts = facts_or_skip()
    meanings = [checked(text).or_raise() for name, text in TEXTS.items() if name.startswith("cn/")]
    every = [event for m in meanings for event in (m, *m.others)]
    clauses = [c for m in every for c in (*[r.citations for r in m.rules], *[e.citations for e in m.exempts])]
    cited = {(c.source, c.title, c.where) for citations in clauses for c in citations}
    assert len(cited) > 10
    unknown = []
    for source, title, where in sorted(cited):
        about = sections(facts, keys_of(source, title))
        unknown += [(source, where, "the document")] if not about else []
        unknown += [(source, where, item) for item in missing_places(where, about)]
    assert unknown == []


def test_every_number_of_the_law_is_a_known_fact() -> None:
    """A param that is not there to be tuned holds a number that stands in the collection of facts."""
    facts = facts_or_skip()
    numbers = []
    for name, text in TEXTS.items():
        if not name.startswith("cn/"):
            continue
        for block in parse(Source(name, text)).blocks:
            if block.kind == "param" and not any(isinstance(p, Node) and p.kind == "tune" for p in block.parts):
                numbers += [x for x in walk(block) if isinstance(x, Node) and x.kind in ("money", "duration")]
                for node in (x for x in walk(block) if isinstance(x, Node) and x.kind in ("money", "duration")):
                    raw = next(p.text for p in node.parts if isinstance(p, Token)).replace("_", ",")
                    said = f"{raw[:-1]} days" if raw.endswith("d") else raw
                    assert re.search(rf"(?<![\d,]){said}(?![\d,])", facts), said
    assert len(numbers) > 10


def test_an_invented_citation_is_found() -> None:
    """The search for citations can fail."""
    assert missing_places("Art 18, (九)", "AFL Art 20, 34\n| 18 | monitoring\n(九)") == []
    assert missing_places("Art 34(3)", "AFL Art 20, 34") == []
    assert missing_places("Art 99, (五)", "AFL Art 20, 34\n| 18 |\n(九)") == ["Art 99", "(五)"]


# -- the examples find what they say ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class History:
    """What an example decides. `time`: the column that `cuts` divides into the periods that the file's head tells
    apart."""

    label: str
    rows: int
    time: str
    cuts: tuple[int, ...] = ()


HISTORIES = {
    "paysim": History("isFraud", 1_322_182, "step"),
    "handbook": History("TX_FRAUD", 1_754_155, "TX_TIME_DAYS", (91,)),  # 30 days of April, 31 of May, 30 of June
}
SAID = re.compile(r"^\| (paysim|handbook): `(\w+)`, \w+ \| ([\d,]+) \| ([\d,]+) \|", re.MULTILINE)
IN_THE_HEAD = re.compile(r"^#   (\w+) +((?:[\d,]+ +[\d,]+ +[\d.]+% *)+)", re.MULTILINE)

Counts = dict[str, list[tuple[int, int]]]
"""By rule, and by `held` and `stopped`: payments and fraud among them, in each period."""


@pytest.fixture(scope="module", params=sorted(HISTORIES))
def found(request: pytest.FixtureRequest) -> tuple[str, Counts]:
    """An example and what it finds in its history, every payment of which is decided."""
    example, history = request.param, HISTORIES[request.param]
    path = BESIDE_THE_CHECKOUT / "data" / example / "transactions.parquet"
    if not path.is_file():
        pytest.skip(f"the {example} history (transactions.parquet) is not beside this checkout")
    rules = load(ruleset_path(f"examples/{example}"))
    table = pyarrow.parquet.read_table(path)
    given_map = folder("rulesets") / "examples" / f"{example}.map.toml"
    decided = pyarrow.table(Engine(rules).decide_many(table, map=given_map))
    assert decided.num_rows == history.rows
    actions, responsible = (decided.column(name).to_pylist() for name in ("action", "responsible"))
    stopped = [i for i, action in enumerate(actions) if action not in ("allow", "warn")]
    assert stopped and all(responsible[i] for i in stopped)
    chosen = {"held": [i for i in stopped if actions[i] != "verify"], "stopped": stopped}
    fired = decided.column("fired").to_pylist()
    chosen |= {rule: [i for i, names in enumerate(fired) if rule in names] for rule in rules.by_name}
    fraud = table.column(history.label).to_numpy() == 1
    period = np.searchsorted(history.cuts, table.column(history.time).to_numpy(), side="right")
    periods = range(len(history.cuts) + 1)
    return example, {
        name: [(int((period[rows] == p).sum()), int(fraud[rows][period[rows] == p].sum())) for p in periods]
        for name, rows in chosen.items()
    }


def test_the_readme_says_what_an_example_finds(found: tuple[str, Counts]) -> None:
    """The README's table holds what the labels say of each rule."""
    example, counts = found
    readme = (folder("rulesets") / "README.md").read_text("utf-8")
    said = {m[2]: (_whole(m[3]), _whole(m[4])) for m in SAID.finditer(readme) if m[1] == example}
    in_all = {name: (sum(a for a, _ in each), sum(b for _, b in each)) for name, each in counts.items()}
    assert {name: in_all[name] for name in in_all if name not in ("held", "stopped")} == said


def test_the_head_says_what_an_example_finds(found: tuple[str, Counts]) -> None:
    """The table at the head of the file holds what the labels say of each rule, a period after another, with the share
    that is fraud."""
    example, counts = found
    said = {m[1]: m[2].split() for m in IN_THE_HEAD.finditer(TEXTS[f"examples/{example}.risk"])}
    assert said == {
        name: [word for payments, fraud in each for word in (f"{payments:,}", f"{fraud:,}", f"{fraud / payments:.1%}")]
        for name, each in counts.items()
    }


def _whole(shown: str) -> int:
    return int(shown.replace(",", ""))
