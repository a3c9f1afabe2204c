"""Random rule files as text: well-typed by construction, and of every production that this version decides.

A file is written as an author might write it (any order of blocks, comments, any indentation), from one seed. What is
drawn is biased towards what can go wrong: thresholds that payments can meet exactly, optional inputs settled in each
way that the language has, dates close to those of the payments, rules enough for several words of bits.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from rulefile_blocks import Blocks
from rulefile_conditions import Conditions
from rulefile_values import Input, Names, Values, day, decimal, literal, word_literal

CURRENCIES = (("CNY", 2), ("CNY", 2), ("GBP", 2), ("JPY", 0), ("KWD", 3))
ZONES = (
    "Asia/Shanghai", "UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
    "Asia/Kathmandu", "America/Sao_Paulo",
)  # fmt: skip
SOURCES = ("AFL", "N261", "PSR-1", "Act_9")
ACTIONS = ("allow", "warn", "verify", "delay", "hold", "reject")
VERBS = ("reverify", "limit", "restrict", "suspend")
SCOPES = ("counter", "non_counter", "online", "incoming", "outgoing")
LASTING = ("48h", "6 months", "1 month", "5 business days", "1 business day", "2 years", "1 year")
INSTRUMENTS = ("account", "merchant", "wallet")
WITHIN = (" within 24h", " within 30m at most 3d", " within 3d")
"""Times to act whose end needs no calendar."""
UNWANTED = ("no measure", "no responsible", "no tell", "none of (measure limit payee.account, tell payer)")
MANY_RULES = 70


@dataclass(frozen=True)
class RuleFile:
    """`lists` are what a host would supply, by name."""

    text: str
    lists: dict[str, tuple[str, ...]]
    zone: str
    currency: str
    seed: int


def rule_file(seed: int) -> RuleFile:
    """The file of a seed. Every sixtieth has more rules than fit one word of bits."""
    r = random.Random(seed)
    currency, digits = r.choice(CURRENCIES)
    names = Names(r, currency, digits, r.choice(ZONES))
    return _File(names, seed).made(MANY_RULES if seed % 60 == 7 else r.choice((1, 3, 5, 8, 12)))


class _File:
    def __init__(self, names: Names, seed: int) -> None:
        self.names = names
        self.random = names.random
        self.seed = seed
        self.blocks = Blocks(names)
        self.conditions = Conditions(Values(names))
        self.tests = 0

    def made(self, rules: int) -> RuleFile:
        r, blocks = self.random, self.blocks
        text = blocks.fields()
        text += [blocks.param(k) for k in range(r.randint(1, 4))]
        text += [blocks.window(k) for k in range(r.randint(0, 5))]
        text += [blocks.let(k) for k in range(r.randint(0, 4))]
        text += [self.rule(k) for k in range(rules)]
        text += [self.exempt(k, rules) for k in range(r.choice((0, 1, 1, 2, 3)))]
        if r.random() < 0.6:
            text.append(self.bands())
        if r.random() < 0.3:
            text.append(blocks.balance())
        text += [blocks.law(k) for k in range(r.choice((0, 0, 1, 2)))]
        text += [f'source {s} "Title of {s}"' for s in SOURCES]
        for name, (kind, _) in self.names.lists.items():
            text.append(f"list {name} of {kind}")
        r.shuffle(text)
        whole = "\n\n".join([self.head(), *text]) + "\n"
        lists = {name: items for name, (_, items) in self.names.lists.items()}
        return RuleFile(whole, lists, self.names.zone, self.names.currency, self.seed)

    # -- head --------------------------------------------------------------------------------------
    def head(self) -> str:
        r = self.random
        parts = [f"currency {self.names.currency}", f"timezone {self.names.zone}"]
        optional = (
            'title "A made ruleset"',
            'owner "the fraud desk"',
            'calendar "CN"',
            f"language {r.choice(('en', 'zh'))}",
        )
        parts += [p for p in optional if r.random() < 0.4]
        if r.random() < 0.35:
            parts.append(self.in_force())
        r.shuffle(parts)
        if r.random() < 0.5:
            parts.append(f"appeal {self.said(set())}")
        return "\n  ".join([f"ruleset made_{self.seed} version 2026.{r.randint(1, 99)}", *parts])

    def in_force(self) -> str:
        r = self.random
        first, last = sorted((day(r), day(r)))
        return f"in force from {first}" + (f" until {last}" if r.random() < 0.5 else "")

    # -- rules -------------------------------------------------------------------------------------
    def rule(self, k: int) -> str:
        r = self.random
        effects, needs = self.effects()
        lines = self.conditions.lines(r.choice((1, 1, 2, 3)), r.choice((0, 1, 2)), needs)
        parts = [f"rule rule_{k:03}{r.choice(('', '', '', ' on payment'))}", f'"what rule {k} is for"']
        parts += self.clauses()
        parts += ["when " + "\n  and ".join(lines)]
        parts += [f"unless {self.conditions.settled(1)}" for _ in range(r.choice((0, 0, 0, 1, 2)))]
        parts += r.sample(effects, len(effects))
        parts += [self.test() for _ in range(r.choice((0, 0, 0, 1, 2)))]
        return self.laid_out(parts)

    def clauses(self) -> list[str]:
        r = self.random
        parts = [f'cites {r.choice(SOURCES)} "Art. {r.randint(1, 60)}"' for _ in range(r.choice((0, 0, 1, 2)))]
        if r.random() < 0.2:
            parts.append(self.in_force())
        return parts

    def laid_out(self, parts: list[str]) -> str:
        """Parts on lines of their own or not, with a comment now and then."""
        r = self.random
        text = parts[0]
        for part in parts[1:]:
            text += r.choice(("\n  ", "\n  ", "\n\t", " ", "\n  # a comment: 1,000 is fine here\n  ")) + part
        return text

    def action(self, level: str) -> str:
        length = self.random.choice(("24h", "3d", "30m", "1500ms", "90s", "366d", "1ms"))
        if level == "delay":
            return f"delay {length}"
        if level == "hold" and self.random.random() < 0.6:
            return f"hold up to {length}"
        return level

    def effects(self) -> tuple[list[str], frozenset[str]]:
        """The effects of one rule, and the inputs that they need known."""
        r = self.random
        needs: frozenset[str] = frozenset()
        parts = []
        if r.random() < 0.85:
            parts.append("then " + self.action(r.choice(ACTIONS)))
        if not parts or r.random() < 0.3:
            parts.append(f"score {r.choice((10, 35, 40, 45, 80, 1_000, 1, -5, -40))}")
        for _ in range(r.choice((0, 0, 1, 2))):
            text, need = self.measure()
            parts.append(text)
            needs |= need
        named = set()
        for _ in range(r.choice((1, 1, 2, 3))):
            i = self.instrument()
            name = r.choice(("payer", "payee", i.name, i.name))
            if name in named:
                continue
            named.add(name)
            parts.append(f"responsible {name}{r.choice(('', '', *WITHIN))}")
            known = self.names.inputs.get(f"{name}.account") if name in ("payer", "payee") else i
            needs |= {known.name} if known is not None and known.optional else set()
        for _ in range(r.choice((0, 0, 1, 2))):
            text, need = self.tell()
            parts.append(text)
            needs |= need
        for clause in ("reason", "appeal"):
            if r.random() < 0.2:
                shown: set[str] = set()
                parts.append(f"{clause} {self.said(shown, holes=True)}")
                needs |= shown
        return list(dict.fromkeys(parts)), needs

    def instrument(self) -> Input:
        """An account, merchant or wallet of the schema or of the file."""
        found = {i.name: i for i in self.names.inputs.values() if i.kind in INSTRUMENTS and not i.window}
        for f in self.blocks.schema:
            if f.kind.name in INSTRUMENTS and f.name not in found:
                found[f.name] = Input(f.name, f.kind.name, f.optional)
        return found[self.random.choice(sorted(found))]

    def measure(self) -> tuple[str, frozenset[str]]:
        r = self.random
        i, verb = self.instrument(), r.choice(VERBS)
        text = f"measure {verb} {i.name}"
        if r.random() < 0.4:
            text += f" on {r.choice(SCOPES)}"
        if verb == "limit":
            units = decimal(r.randint(1, 10**7), self.names.digits)
            text += f" to {units} {self.names.currency} per {r.choice(('day', 'month', 'year', '24h', '6 months'))}"
        if r.random() < 0.5:
            text += f" for {r.choice(LASTING)}"
        return text, frozenset({i.name} if i.optional else ())

    def tell(self) -> tuple[str, frozenset[str]]:
        needs: set[str] = set()
        text = f"tell {self.random.choice(('payer', 'payee'))} {self.said(needs, holes=True)}"
        return text, frozenset(needs)

    def said(self, needs: set[str], holes: bool = False) -> str:
        """A text, perhaps in two languages. `holes`: perhaps with a value, whose needs are added."""
        r = self.random

        def text(lead: str) -> str:
            if not holes or r.random() < 0.5:
                return f'"{lead}"'
            i = r.choice(list(self.names.inputs.values()))
            needs.update(i.needs)
            return f'"{lead} {{{i.name}}} ok"'

        if r.random() < 0.5:
            return text("Please look.")
        return " ".join(
            f"in {language} {text(lead)}"
            for language, lead in r.sample((("zh", "请注意"), ("en", "Look"), ("de", "Bitte")), 2)
        )

    # -- tests -------------------------------------------------------------------------------------
    def test(self) -> str:
        r = self.random
        self.tests += 1
        inputs = r.sample(list(self.names.inputs.values()), min(len(self.names.inputs), r.randint(1, 3)))
        text = f'test "test {self.tests}" given ' + ", ".join(self.given(i) for i in inputs)
        for name, (kind, _) in sorted(self.names.lists.items()):
            if r.random() < 0.3:
                text += f" with {name} holding " + ", ".join(
                    word_literal(self.names, kind) for _ in range(r.randint(1, 3))
                )
        expected = [self.action(r.choice(ACTIONS)), f"responsible {r.choice(('payer', 'payee', 'payee.account'))}"]
        expected += [f"responsible payer.account{r.choice(WITHIN)}", *r.sample(UNWANTED, 2)]
        expected += [f"measure {r.choice(VERBS)} payer.account", f"tell {r.choice(('payer', 'payee'))}"]
        return text + " expect " + ", ".join(r.sample(expected, r.randint(1, 4)))

    def given(self, i: Input) -> str:
        r = self.random
        if (i.optional or i.window) and r.random() < 0.3:
            return f"{i.name} is missing"
        if i.kind == "yes/no":
            return f"{i.name} = {r.choice(('yes', 'no'))}"
        if i.kind == "one of":
            word = r.choice(i.choices)
            return f"{i.name} = {word if word.isidentifier() else chr(34) + word + chr(34)}"
        if i.low == i.high == 0:
            return f"{i.name} = {word_literal(self.names, i.kind)}"
        return f"{i.name} = {literal(self.names, i.kind, i.low, i.high).text}"

    # -- exempts and bands ---------------------------------------------------------------------------
    def exempt(self, k: int, rules: int) -> str:
        r = self.random
        parts = [f"exempt exempt_{k}", f'"what exempt {k} is for"', *self.clauses()]
        parts += ["when " + "\n  and ".join(self.conditions.lines(r.choice((1, 1, 2)), 1))]
        parts += [f"unless {self.conditions.settled(1)}" for _ in range(r.choice((0, 0, 1)))]
        lifts = [f"lifts rule_{r.randrange(rules):03}" for _ in range(r.choice((0, 1, 2)))]
        if not lifts or r.random() < 0.5:
            lifts.append(f"lifts all below {r.choice(ACTIONS[1:])}")
        parts += list(dict.fromkeys(lifts))
        parts += [self.test() for _ in range(r.choice((0, 0, 1)))]
        return self.laid_out(parts)

    def bands(self) -> str:
        """Rising in score and in strength."""
        r = self.random
        count = r.randint(1, 3)
        scores = sorted(r.sample((2, 1, 10, 40, 75, 80, 90, 200), count))
        levels = sorted(r.sample(range(1, 6), count))
        lines = [f"score >= {s} then {self.action(ACTIONS[level])}" for s, level in zip(scores, levels, strict=True)]
        return "\n  ".join(["bands", *lines])
