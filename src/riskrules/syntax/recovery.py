"""Goes on after a mistake, clause by clause, so that one run reports every mistake of a block.

The clause at fault is replaced by a harmless one of its kind (`when x`) and the block is parsed again. A replacement
rather than a gap, because a gap would make the rest wrong in its turn. The price is one more parse for each mistake,
bounded by `limits.MOST_BLOCK_DIAGNOSTICS` and by a budget for the whole file. The tokens that result have stand-ins in
them, so they are given out apart, for the checker to look at the clauses that the author did write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..base.diagnostics import Diagnostic, Label
from ..base.source import Source, Span
from . import limits, mistakes
from .automaton import Failure, expected, run
from .lexer import RawToken, lex
from .mistakes import Misfit
from .quoting import closest
from .tables import Tables
from .tree import Node
from .wanted import spellings
from .words import BLOCKS, CLAUSES, RESERVED

_HARMLESS = {
    "in": "in force from 2000-01-01", "cites": 'cites A "x"', "when": "when x", "and": "and x",
    "unless": "unless x", "then": "then allow", "score": "score 1", "measure": "measure x x",
    "responsible": "responsible x", "tell": 'tell x "x"', "reason": 'reason "x"', "appeal": 'appeal "x"',
    "lifts": "lifts x", "test": 'test "x"', "given": "given x = 1", "with": "with x holding 1",
    "expect": "expect allow", "title": 'title "x"', "owner": 'owner "x"', "currency": "currency CNY",
    "timezone": "timezone UTC", "calendar": 'calendar "x"', "language": "language x", "loss": "loss x",
    "excess": "excess up to 1 CNY", "cap": "cap 1 CNY", "case": "case x", "otherwise": "otherwise",
    "share": "share rest x", "within": "within 1d", "segment": "segment x where x",
    "stopped": "stopped <= 1% of payments", "caught": "caught >= 1% of fraud payments",
    "no": "no segment stopped more than 1 times the average", "action": "action never falls as x rises",
}  # fmt: skip
_HEADS = {
    "ruleset": "ruleset x version 2000.1", "rule": 'rule x "x"', "exempt": 'exempt x "x"',
    "liability": 'liability x "x"', "bands": "bands", "balance": "balance", "law": 'law "x"', "let": "let x when x",
}  # fmt: skip
_BAND = "score >= 1 then allow"
_MOST_GUESSES = 50
"""Words of a block that are compared with the clause words, in case one is misspelt."""
_BEGIN_ANYWHERE = frozenset(
    {
        "cites",
        "when",
        "unless",
        "lifts",
        "test",
        "given",
        "expect",
        "case",
        "otherwise",
        "within",
        "segment",
        "then",
        "loss",
    }
)
"""Clause words that never stand inside another clause of their block, and so begin one even in mid-line."""


@dataclass(slots=True)
class Budget:
    """Tokens that may still be parsed again in this file."""

    left: int = limits.MOST_REPEATED_TOKENS


@dataclass(slots=True)
class _Clause:
    word: str
    tokens: list[RawToken]
    replaced: bool = False


@dataclass(slots=True)
class Recovery:
    """One block after its first failure. `known` are places where a mistake was reported already. Afterwards,
    `diagnostics` and, when an indented block was found in it, `rest`: its tokens."""

    source: Source
    tables: Tables
    block: str
    tokens: list[RawToken]
    budget: Budget
    known: frozenset[int] = frozenset()
    diagnostics: list[Diagnostic] = field(default_factory=list)
    rest: list[RawToken] = field(default_factory=list)
    mended: list[RawToken] = field(default_factory=list)
    _clauses: list[_Clause] = field(default_factory=list)
    _dropped: bool = False
    _lost: bool = False  # a line was left out that nobody can place, so that those after it may look misplaced

    def go(self, failure: Failure) -> None:
        result: Node | Failure = failure
        tokens = self.tokens
        self._clauses = []
        while isinstance(result, Failure):
            self.budget.left -= 3 * len(tokens)
            if self.budget.left < 0:
                self._say(self._misfit(tokens, result.index, frozenset(), ""), mistakes.unexpected)
                return
            self._clauses = self._clauses or self._split(tokens)
            if not self._mend(tokens, result.index):
                return
            if len(self.diagnostics) >= limits.MOST_BLOCK_DIAGNOSTICS:
                self._say_more(tokens)
                return
            tokens = [t for clause in self._clauses for t in clause.tokens]
            result = run(self.tables, tokens)
        self.mended = tokens

    def stand_ins(self) -> frozenset[int]:
        """Where clauses were replaced: the place at which every token of the replacement begins."""
        return frozenset(c.tokens[0][2] for c in self._clauses if c.replaced)

    def _say_more(self, tokens: list[RawToken]) -> None:
        place = Span(tokens[0][2], tokens[0][3])
        message = f"more than {limits.MOST_BLOCK_DIAGNOSTICS} mistakes in one block; the others are left out"
        self.diagnostics.append(
            Diagnostic("more-mistakes", message, self.source, (Label(place),), ("mend these first",))
        )

    def _split(self, tokens: list[RawToken]) -> list[_Clause]:
        words = CLAUSES.get(self.block, ())
        clauses = [_Clause(self.block, [])]
        depth = guesses = 0
        for i, token in enumerate(tokens):
            word = token[1]
            depth += (token[0] == "LPAR") - (token[0] == "RPAR")
            if i and word in words:
                at_start = self._starts_line(tokens, i) and (depth <= 0 or word not in ("in", "no", "with"))
                if at_start or word in _BEGIN_ANYWHERE:
                    clauses.append(_Clause(word, []))
                    depth = 0
            elif i and words and depth <= 0 and guesses < _MOST_GUESSES and self._may_be_misspelt(tokens, i):
                guesses += 1
                guess = closest(word, words, 0.75)
                if guess:
                    clauses.append(_Clause(guess, []))
            clauses[-1].tokens.append(token)
        return clauses

    def _may_be_misspelt(self, tokens: list[RawToken], i: int) -> bool:
        return tokens[i][0] in ("NAME", "UNKNOWN", "UPPER") and self._starts_line(tokens, i)

    def _starts_line(self, tokens: list[RawToken], i: int) -> bool:
        return i == 0 or "\n" in self.source.text[tokens[i - 1][3] : tokens[i][2]]

    def _mend(self, tokens: list[RawToken], index: int) -> bool:
        """Report the failure and change the clauses so that it is gone. False: there is no going on."""
        number, offset = self._find(index)
        clause = self._clauses[number]
        wanted = expected(self.tables, tokens[:index])
        if offset == 1 and number and clause.word not in RESERVED:
            before = expected(self.tables, tokens[: index - 1])
            if self.tables.words.get(clause.word) not in before:  # it was read as a name: the line before is unfinished
                index, offset, wanted = index - 1, 0, before
        misfit = self._misfit(tokens, index, wanted, self._condition_of(number, offset))
        line_start = misfit.line_start
        if index == len(tokens):
            if not self._dropped and not self._clauses[-1].replaced:
                self._say(misfit, mistakes.diagnostic)
            return False
        if line_start and misfit.found in BLOCKS and not clause.replaced and offset:
            return self._new_block(misfit, number, offset)
        possible = [x for x in CLAUSES.get(self.block, ()) if x in spellings(self.tables.words, wanted)]
        if set(possible) <= {
            "in",
            "no",
        }:  # `x in (…)`, `in en "…"` or `x = no`: no clause, which others could stand beside
            possible = []
        if offset == 0 and number:
            if self._clauses[number - 1].word == "expect" and "$END" not in wanted:
                possible = []  # what an `expect` still wants is an outcome, which has a clause's word
            return self._mend_first_word(misfit, number, possible)
        if clause.replaced:
            return self._drop(number)
        if line_start and offset and possible and misfit.kind in ("NAME", "UNKNOWN", "UPPER", "PATH"):
            return self._mend_unknown(misfit, number, offset, possible)
        self._say(misfit, mistakes.diagnostic)
        return self._replace(number)

    def _say(self, misfit: Misfit, maker: Callable[[Misfit], Diagnostic]) -> None:
        """Nothing is said of a word that is, or directly follows, one that was reported already."""
        near = misfit.tokens[max(0, misfit.index - 1) : misfit.index + 1]
        if not any(token[2] in self.known for token in near):
            self.diagnostics.append(maker(misfit))

    def _misfit(self, tokens: list[RawToken], index: int, wanted: frozenset[str], clause: str) -> Misfit:
        line_start = index < len(tokens) and self._starts_line(tokens, index)
        return Misfit(self.source, self.tables.words, self.block, clause, tokens, index, wanted, line_start)

    def _condition_of(self, number: int, offset: int) -> str:
        """The clause that a word belongs to; for `and …`, the one whose conditions it adds to."""
        if not offset and number:
            number -= 1
        while number and self._clauses[number].word == "and":
            number -= 1
        return self._clauses[number].word

    def _find(self, index: int) -> tuple[int, int]:
        for number, clause in enumerate(self._clauses):
            if index < len(clause.tokens):
                return number, index
            index -= len(clause.tokens)
        return len(self._clauses) - 1, len(self._clauses[-1].tokens)

    def _new_block(self, misfit: Misfit, number: int, offset: int) -> bool:
        clause = self._clauses[number]
        self._say(misfit, lambda m: mistakes.indented_block(m.source, m.span().start, m.span().end))
        self.rest = clause.tokens[offset:] + [t for c in self._clauses[number + 1 :] for t in c.tokens]
        clause.tokens = clause.tokens[:offset]
        del self._clauses[number + 1 :]
        return True

    def _mend_first_word(self, misfit: Misfit, number: int, possible: list[str]) -> bool:
        """A clause word was not wanted: the clause before is unfinished, one is missing, or this one is misplaced."""
        clause, before = self._clauses[number], self._clauses[number - 1]
        order = CLAUSES[self.block]
        if clause.replaced:
            return self._drop(number)
        if misfit.found not in order:
            self._say(misfit, lambda m: mistakes.unknown_clause(m, clause.word, None))
            return self._replace(number)
        if not possible and "$END" not in misfit.wanted:
            if before.replaced:
                return self._drop(number)
            self._say(misfit, mistakes.diagnostic)
            return self._replace(number - 1)
        if misfit.found == "and" and misfit.clause == "unless":
            self._say(misfit, mistakes.diagnostic)
            return self._drop(number)
        if possible and order.index(misfit.found) > max(map(order.index, possible)):
            missing = next((x for x in ("when", "then", "share") if x in possible), possible[-1])
            if before.replaced and before.word == missing:
                return self._drop(number)
            self._say(misfit, lambda m: mistakes.missing_clause(m, missing))
            self._clauses.insert(number, _Clause(missing, self._harmless(missing, clause.tokens[0]), True))
            return True
        if not self._lost:
            self._say(misfit, mistakes.misplaced_clause)
        return self._drop(number)

    def _mend_unknown(self, misfit: Misfit, number: int, offset: int, possible: list[str]) -> bool:
        """A line begins with a word that begins no clause."""
        guess = closest(misfit.found, possible)
        order = ("cites",) if misfit.kind == "UPPER" else ("and", "when", "given")
        likely = next((x for x in order if x in possible), None)
        self._say(misfit, lambda m: mistakes.unknown_clause(m, guess, likely))
        clause = self._clauses[number]
        meant = guess or likely
        if meant:
            self._clauses.insert(number + 1, _Clause(meant, self._harmless(meant, clause.tokens[offset]), True))
        else:
            self._dropped = self._lost = True
        clause.tokens = clause.tokens[:offset]
        return True

    def _replace(self, number: int) -> bool:
        clause = self._clauses[number]
        harmless = self._harmless(clause.word, clause.tokens[0], head=number == 0)
        if not harmless:
            return False
        following = self._clauses[number + 1].word if number + 1 < len(self._clauses) else ""
        if clause.word in ("case", "otherwise") and following not in ("cites", "share", "excess", "cap"):
            harmless += self._harmless("share", clause.tokens[0])
        clause.tokens, clause.replaced = harmless, True
        return True

    def _drop(self, number: int) -> bool:
        self._dropped = True
        del self._clauses[number]
        return True

    def _harmless(self, word: str, at: RawToken, head: bool = False) -> list[RawToken]:
        """The tokens of a clause that is always right, all at the place of the one they stand for."""
        text = _HEADS.get(word, "") if head else _BAND if self.block == "bands" else _HARMLESS[word]
        tokens, _ = lex(text, 0, len(text), self.tables.words, limits.MOST_BLOCK_TOKENS)
        return [(kind, words, at[2], at[3]) for kind, words, _, _ in tokens]
