"""What is drawn for each payment beside who pays whom: how it was ordered, and what was true of payer and payee then.

One function for every payment of a day, whatever its label: only the manner, the amount, the accounts and the places
count. What the house knows (its warnings, its score) is worked out from what it could see, with noise.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from . import manners as table
from .accounts import ENTITY, MANY_NAMES, NONE, OWN_NAME, PAYMENT, PENSIONER, PERSON
from .growing import Array
from .population import Population
from .rows import Rows
from .settings import DAY_US, SECOND_US
from .trades import TRADES

_STEPS = table.channel_steps()
_SHARES = {
    name: table.share(name) for name in table.Manner._fields if isinstance(getattr(table.MANNERS[0], name), float)
}
_MEMO_PLACES, _MEMO_STARTS = table.places_of([m.memos or ("",) for m in table.MANNERS], table.MEMOS)
_PURPOSE_PLACES, _PURPOSE_STARTS = table.places_of([m.purposes or ("",) for m in table.MANNERS], table.PURPOSES)
CHANNEL = {name: place for place, name in enumerate(table.CHANNELS)}
_CODES = (CHANNEL["code_static"], CHANNEL["code_dynamic"])
_LARGE = 5_000_000  # minor units: above it banks ask for a certificate
_STATIC = 50_000  # minor units: above it a payer is asked to scan a code that changes
_DRAWN = (
    *("face_to_face", "in_call", "screen_shared", "recurring", "picture", "moved"),
    *("far", "later", "bound", "logistics"),
)
_UNIT = 10**9  # a ratio's billionths
SELLERS_OF_A_MARKET = 40


class Drawing:
    """The draws for the rows of one day, each worked out when it is first read and always in the same order."""

    face_to_face: Array
    in_call: Array
    screen_shared: Array
    recurring: Array
    picture: Array
    moved: Array
    far: Array
    later: Array
    bound: Array
    logistics: Array

    def __init__(self, population: Population, rows: Rows, rng: np.random.Generator) -> None:
        self.population, self.rows, self.rng = population, rows, rng
        self.count = len(self.rows["time"])
        self.manner = self.rows["manner"]
        u = self.rng.random(self.count)
        self.channel = (u[:, None] >= _STEPS[self.manner]).sum(axis=1).clip(max=len(table.CHANNELS) - 1)
        over = (self.channel == _CODES[0]) & (self.rows["amount"] > _STATIC) & (self.rng.random(self.count) < 0.93)
        self.channel = np.where(over, _CODES[1], self.channel)
        self.failed, self.cancelled = self._yes("failed"), self._yes("cancelled") | self.rows["cancelled"]
        for name in _DRAWN:
            setattr(self, name, self._yes(name))
        self.face_to_face &= ~self.far
        self._payee_checks()
        self._times_of_changes()
        self._devices()
        drawn = np.where(self._yes("memo_given"), self._one_of(_MEMO_PLACES, _MEMO_STARTS), NONE)
        self.memo = np.where(self.rows["memo"] == NONE, drawn, self.rows["memo"])
        purpose = self._one_of(_PURPOSE_PLACES, _PURPOSE_STARTS)
        self.purpose = np.where(self._yes("purpose_given"), purpose, NONE)
        self._authentication()
        self._place()
        self._house()

    def _yes(self, name: str) -> Array:
        return np.asarray(self.rng.random(self.count) < _SHARES[name][self.manner])

    def _one_of(self, places: Array, starts: Array) -> Array:
        low, high = starts[self.manner], starts[self.manner + 1]
        return np.asarray(places[low + (self.rng.random(self.count) * (high - low)).astype(np.int64)])

    @cached_property
    def payer_party(self) -> Array:
        return np.asarray(self.population.accounts["party"][self.rows["payer"]])

    @cached_property
    def payee_party(self) -> Array:
        return np.asarray(self.population.accounts["party"][self.rows["payee"]])

    @cached_property
    def scanned(self) -> Array:
        """bool[n]: a code was scanned."""
        return np.asarray((self.channel == _CODES[0]) | (self.channel == _CODES[1]))

    def _payee_checks(self) -> None:
        """Whether the payee was saved before; how the check of the payee's name ended, and whether it was shown."""
        u = self.rng.random(self.count)
        no = _SHARES["no_match"][self.manner]
        close = no + _SHARES["close_match"][self.manner]
        self.check = np.select([u < no, u < close, u > 0.955], [2, 1, 3], 0)
        self.checked = self.rows["merchant"] < 0
        self.saved = self.checked & self.population.acquaintance.saved(
            self.rows["payer"], self.rows["payee"], _SHARES["saved"][self.manner]
        )
        self.name_shown = self.rng.random(self.count) < np.where(self.checked, 0.82, 0.6)

    def _times_of_changes(self) -> None:
        """When the payer last raised a limit or changed telephone or password, NONE where not of late."""
        raised, changed = self._yes("limit_raised"), self._yes("credential_changed")
        ago = (self.rng.random((2, self.count)) ** 2 * [[1], [3]] * DAY_US).astype(np.int64) // SECOND_US * SECOND_US
        older = self.rng.random((2, self.count))
        ago = np.where([raised, changed], ago, (older * 400 * DAY_US).astype(np.int64) // SECOND_US * SECOND_US)
        known = np.stack([raised | (older[0] < 0.3), changed | (older[1] < 0.5)])
        self.limit_raised_at, self.changed_at = np.where(known, self.rows["time"] - ago, NONE)

    def _devices(self) -> None:
        accounts = self.population.accounts
        other, new = self._yes("other_device"), self._yes("new_device")
        own = accounts["device"][self.rows["payer"]]
        own = np.where(own >= 0, own, self.payer_party * 4 + other)
        fresh = self.rows["time"] * 8 + 7  # a device that nobody else has had
        given = self.rows["payer_device"]
        self.payer_device = np.where(given >= 0, given, np.where(new, fresh, own))
        self.payer_new = np.where(given >= 0, self.rng.random(self.count) < 0.03, new)
        theirs = accounts["device"][self.rows["payee"]]
        theirs = np.where(theirs >= 0, theirs, self.payee_party * 4)
        theirs = np.where(self.rows["merchant"] >= 0, (1 << 40) + self.rows["merchant"] * 4, theirs)
        self.payee_device = np.where(self.rows["payee_device"] >= 0, self.rows["payee_device"], theirs)

    def _authentication(self) -> None:
        u, amount = self.rng.random(self.count), self.rows["amount"]
        one = (amount < 20_000) & (u < 0.4)
        self.factors = np.where(one | (self.recurring & (u < 0.8)), 1, np.where(u > 0.97, 3, 2))
        company = self.population.parties["type"][self.payer_party] == ENTITY
        large = np.where(company, 0.97, np.where(amount > _LARGE, 0.86, 0.03))
        self.certificate = self.rng.random(self.count) < large

    def _place(self) -> None:
        """Kilometres between the payer and where the payee's code or terminal belongs, NONE where not known; the
        name of who sells, NONE where the merchant gives none."""
        p, rows = self.population, self.rows
        home = p.parties["region"]
        payer = np.where(rows["payer_region"] >= 0, rows["payer_region"], home[self.payer_party])
        merchant = rows["merchant"]
        payee = np.where(merchant >= 0, p.merchants["region"][merchant], home[self.payee_party])
        u = self.rng.random(self.count)
        near = u * u * 6
        across = 4 + u * 36
        wide = np.minimum(3_200, np.exp(4.6 + 1.3 * self.rng.standard_normal(self.count)))
        km = np.where(self.far, wide, np.where(payer == payee, near, across))
        km = np.where(self.face_to_face & ~self.far, near / 6, km)
        known = (self.scanned | (self.channel == CHANNEL["pos"])) & (self.rng.random(self.count) < 0.9)
        self.distance = np.where(known, km.astype(np.int64), NONE)
        kind = np.where(merchant >= 0, p.merchants["sellers"][merchant], OWN_NAME)
        one_of = p.merchants["name"][merchant] // 3 + 1 + self.rng.integers(SELLERS_OF_A_MARKET, size=self.count)
        named = np.select([kind == OWN_NAME, kind == MANY_NAMES], [p.merchants["name"][merchant], one_of], -1)
        self.seller = np.select([rows["seller"] >= 0, rows["seller"] == -1], [rows["seller"], named], -1)

    def _house(self) -> None:
        """The house's warnings and score, from what it sees: the amount against the balance, a new payee, the check."""
        p, rows = self.population, self.rows
        amount = rows["amount"]
        transfer = self.checked & (p.parties["type"][self.payer_party] == PERSON)
        young = (rows["time"] - p.accounts["opened_at"][rows["payee"]]) < 60 * DAY_US
        old = p.parties["role"][self.payer_party] == PENSIONER
        seen = (
            0.9 * np.log10(np.maximum(amount, 100) / 100_000)
            + 0.9 * (transfer & ~self.saved)
            + 0.8 * (self.check == 2)
            + 0.7 * young
            + 0.4 * self.in_call
            + 0.5 * self.screen_shared
            + 0.3 * old
            + 0.3 * self.payer_new
        )
        noisy = seen + 1.1 * self.rng.standard_normal(self.count) - 3.2
        score = 1 / (1 + np.exp(-noisy))
        self.score = (np.round(score, 4) * _UNIT).astype(np.int64)
        chance = np.clip(_SHARES["warned"][self.manner] + 0.1 * (transfer & (score > 0.35)), 0, 0.9)
        self.warnings = (self.rng.random(self.count) < chance) + (self.rng.random(self.count) < chance * 0.1)
        self.acknowledged = self.rng.random(self.count) < 0.92

    @cached_property
    def in_wallet(self) -> Array:
        """bool[2, n]: payer and payee hold a payment account."""
        kind = self.population.accounts["kind"]
        return np.stack([kind[self.rows["payer"]] == PAYMENT, kind[self.rows["payee"]] == PAYMENT])

    @cached_property
    def kind_of_trade(self) -> Array:
        """The trade of each row's merchant, NONE without one."""
        merchant = self.rows["merchant"]
        return np.where(merchant >= 0, self.population.merchants["trade"][merchant], NONE)


GOODS = sorted({trade.goods for trade in TRADES})
