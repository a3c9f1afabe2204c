"""From the bits that are set to a decision: lift, add up, take the strongest.

The same for a single payment and for each row of a block, so that the two cannot differ. It is
`meaning.interpreter.decide` from the point where it is known which rules and exempts hold.
"""

from __future__ import annotations

from ..program import layout
from ..program.layout import Integers
from .bits import lowest_bit
from .compiled import Integer, inner

EXTRAS, EXTRA_OWNERS = layout.EXTRAS, layout.EXTRA_OWNERS
RULE_WORDS, EXEMPT_WORDS, EXTRA_WORDS = layout.RULE_WORDS, layout.EXEMPT_WORDS, layout.EXTRA_WORDS
EXEMPT_LEVELS, LIFTS, BELOW_LEVEL = layout.EXEMPT_LEVELS, layout.LIFTS, layout.BELOW_LEVEL
SCORED, SCORES, RULE_ACTS, LIVE = layout.SCORED, layout.SCORES, layout.RULE_ACTS, layout.LIVE
BANDS, BAND_ROWS, BAND_WIDTH = layout.BANDS, layout.BAND_ROWS, layout.BAND_WIDTH


@inner
def settle(code: Integers, bits: Integers, first: Integer, lifted: Integers, to: Integer) -> tuple[Integer, Integer]:
    """The index of the strongest action, and the score. `bits`, from `first` on: the words of rules, exempts and extras
    that hold; those of rules that are switched off or lifted are cleared, and of the lifted set in `lifted` from `to`
    on. (Two arrays and two places, because a slice costs more than all the rest.)"""
    rule_words, exempt_words = code[RULE_WORDS], code[EXEMPT_WORDS]
    owners = code[EXTRA_OWNERS]
    for w in range(code[EXTRA_WORDS]):
        word = bits[first + rule_words + exempt_words + w]
        while word != 0:
            owner = code[owners + 64 * w + lowest_bit(word)]
            bits[first + (owner >> 6)] |= 1 << (owner & 63)
            word &= word - 1
    for w in range(rule_words):
        bits[first + w] &= code[code[LIVE] + w]
    below = _lift(code, bits, first, lifted, to)

    act = 0
    score = 0
    for w in range(rule_words):
        word = bits[first + w]
        if word != 0 and act == 0:
            act = code[code[RULE_ACTS] + 64 * w + lowest_bit(word)]
        word &= code[code[SCORED] + w]
        while word != 0:
            score += code[code[SCORES] + 64 * w + lowest_bit(word)]
            word &= word - 1
    band = code[BAND_ROWS]
    for _ in range(code[BANDS]):
        if score >= code[band] and code[band + 2] >= below and code[band + 1] > act:
            act = code[band + 1]
        band += BAND_WIDTH
    return act, score


@inner
def _lift(code: Integers, bits: Integers, first: Integer, lifted: Integers, to: Integer) -> Integer:
    """Lift what the exempts lift; the level below which actions do not count."""
    rule_words = code[RULE_WORDS]
    below = 0
    for w in range(rule_words):
        lifted[to + w] = 0
    for e in range(code[EXEMPT_WORDS]):
        word = bits[first + rule_words + e]
        while word != 0:
            exempt = 64 * e + lowest_bit(word)
            below = max(below, code[code[EXEMPT_LEVELS] + exempt])
            named = code[LIFTS] + exempt * rule_words
            for w in range(rule_words):
                lifted[to + w] |= code[named + w]
            word &= word - 1
    if below > 0:
        level = code[BELOW_LEVEL] + below * rule_words
        for w in range(rule_words):
            lifted[to + w] |= code[level + w]
    for w in range(rule_words):
        lifted[to + w] &= bits[first + w]
        bits[first + w] &= ~lifted[to + w]
    return below
