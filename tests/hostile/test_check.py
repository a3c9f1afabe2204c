"""The checker meets anything that parses, and much that nearly does: it never raises, and stays within the text.

Pages of good rules are mutated (words lost, doubled, swapped, put in from other places, set beside one another from two
pages), so that most of what comes out still parses in parts and means something odd.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.base.diagnostics import ERROR
from riskrules.checker.ruleset import MOST_FINDINGS, Checked, check_bytes, check_text
from riskrules.syntax.words import RESERVED

FOLDER = Path(__file__).parent.parent / "language"
PAGES = [p.read_text("utf-8") for p in sorted(FOLDER.glob("*/good/*.risk"))]
WORD = re.compile(r'"[^"\n]*"|#[^\n]*|\n(?=\S)|[^\s"#(),]+|[(),]|"')
ODD = (
    "999999999999d", "9999-12-31", "0001-01-01", "5 XAU", "-5 CNY", "2.5", "0.1234567891", '""', '"`"', '"None."',
    '"{}"', '"{amount} {x of y}"', "yes", "80%", "6 months", "payer", "payee", "amount", "channel", "nothing", "1e5",
    "of", "else", "is known", "is missing", "and", "(", ")", ",", "*", "/", "-", "reject", "known", "person",
)  # fmt: skip
TIMES = 300


def holds_together(text: str) -> Checked:
    """Checks, and holds what is true of any answer."""
    checked = check_text(text)
    assert len(checked.diagnostics) <= MOST_FINDINGS + 1
    assert (checked.ruleset is None) is any(d.severity == ERROR for d in checked.diagnostics)
    for d in checked.diagnostics:
        assert str(d)
        for label in d.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text), d
    return checked


def mutated(rng: Random) -> str:
    words = words_of(rng.choice(PAGES))
    others = words_of(rng.choice(PAGES))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at, to = rng.randrange(len(words)), rng.randrange(len(words))
        match rng.randrange(12):
            case 0:
                del words[at]
            case 1:
                words.insert(at, words[to])
            case 2:
                words[at], words[to] = words[to], words[at]
            case 3:
                words[at] = rng.choice(others)
            case 4:
                words[at] = rng.choice(ODD)
            case 5:
                start = rng.randrange(len(others))
                words[at:at] = others[start : start + rng.randrange(30)]
            case _:
                words[at] = rng.choice([w for w in (*words, *others, *ODD) if shape(w) == shape(words[at])])
        if not words:
            break
    return joined(words)


def shape(word: str) -> str:
    """Words of one shape can often stand for one another: names, texts, numbers."""
    return "name" if word[0].isalpha() and word not in RESERVED else word[0] if word[0] in '"(),\n' else word[-1:]


def words_of(page: str) -> list[str]:
    """The page's words without its comments; a line break only where a block begins."""
    return [w for w in WORD.findall(page) if w[0] != "#"]


def joined(words: list[str]) -> str:
    return " ".join(words).replace("\n ", "\n")


@settings(max_examples=TIMES, deadline=None)
@given(st.randoms(use_true_random=False))
def test_mutated_pages_are_checked(rng: Random) -> None:
    """Whatever is done to a page, the checker answers, and its places lie in the text."""
    holds_together(mutated(rng))


def test_mutations_reach_the_checker() -> None:
    """The mutations above give files that mean something, and many of the checker's own findings."""
    found: Counter[str] = Counter()
    whole = 0
    for seed in range(TIMES):
        checked = holds_together(mutated(Random(seed)))
        whole += checked.ruleset is not None
        found.update({d.code for d in checked.diagnostics})
    assert whole >= TIMES // 20
    assert len(found) >= 30
    assert sum(code in found for code in ("unknown-name", "unlike-kinds", "may-be-missing", "duplicate-name")) == 4


@pytest.mark.parametrize("page", range(len(PAGES)))
def test_pages_without_one_word(page: int) -> None:
    """Each word of each good page left out in turn: the checker answers."""
    words = words_of(PAGES[page])
    step = max(1, len(words) // 40)
    for i in range(0, len(words), step):
        holds_together(joined(words[:i] + words[i + 1 :]))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_checked(text: str) -> None:
    holds_together(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_checked(raw: bytes) -> None:
    assert check_bytes("x.risk", raw).diagnostics


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters='"\n\r'), max_size=60))
def test_any_words_of_the_author_can_be_shown(text: str) -> None:
    """What an author writes in quotes never breaks the message that shows it."""
    holds_together(
        "ruleset x version 2026.1\n  currency CNY\n"
        f'field payment.level one of ("{text}", b, b) "{text}"\n'
        f'rule r\n  "{text}"\n  cites X "{text}"\n  when channel = "{text}" and amount > "{text}"\n'
        f'  and payee.device in ("{text}", 5) and payment.memo is known and payment.memo in ("{text}", word)\n'
        f'  then warn\n  tell payer "{text}"\n  test "{text}"\n    given channel = "{text}", amount = "{text}"\n'
        f'    expect share 5 CNY payee.account\n'
    )
