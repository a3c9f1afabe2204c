"""Where stolen money goes: from hand to hand, then to cash, to a dealer in virtual currency or through a shop.

A chain's hops follow each other within minutes or hours, a little staying behind at each, as commission. The hop's
label is that of the way it takes, whatever brought the money in.
"""

from __future__ import annotations

import numpy as np

from .accounts import BANK
from .cast import after, cash_of, laundering_account, merchant, new_account, people
from .labels import DEALER, FAKE_TRADE, MULE, MULE_ROLE, VIRTUAL_CURRENCY
from .plans import Story
from .trades import BY_CODE

LARGEST_CASH = 2_000_000
"""Minor units that a machine gives in a day."""
DEALER_AGAIN = 0.6
"""How often an account of a dealer's is one that was paid before, and for how many days it is kept."""
DEALER_DAYS = 20
EXITS = ("cash", "virtual currency", "shop", "stays")
_EXIT_SHARES = (0.42, 0.36, 0.12, 0.1)
_EASILY_SOLD = (BY_CODE["5944"], BY_CODE["5947"], BY_CODE["5732"])


class Route:
    """The accounts that one crew has for a story: a second layer, and a dealer in virtual currency."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.second = [laundering_account(story.today) for _ in range(int(story.today.rng.integers(1, 4)))]
        self._dealer: int | None = None

    def dealer(self) -> int:
        if self._dealer is None:
            self._dealer = dealer_account(self.story)
        return self._dealer

    def send(self, account: int, amount: int, time: int, parent: int, hop: int = 1) -> None:
        """Money that came into an account goes on: usually once or twice more, then out, now and then in parts."""
        rng = self.story.today.rng
        if rng.random() < 0.04:
            return  # left for another day, and perhaps frozen there
        parts = 2 if amount > 1_000_000 and rng.random() < 0.35 else 1
        cut = rng.uniform(0.0, 0.05) if rng.random() < 0.85 else rng.uniform(0.05, 0.35)
        moving = amount * (1 - cut)
        shares = rng.dirichlet(np.full(parts, 6.0))
        for part in shares.tolist():
            self._part(account, max(1, int(moving * part)), time, parent, hop)

    def _part(self, account: int, amount: int, time: int, parent: int, hop: int) -> None:
        story, today, rng = self.story, self.story.today, self.story.today.rng
        for layer in range(int(rng.choice(3, p=[0.25, 0.55, 0.2]))):
            target = int(rng.choice(self.second)) if layer == 0 else laundering_account(today)
            if target == account:
                continue
            time = int(after(today, time, 26, 1.2)[0])
            parent = int(
                story.pay(
                    account,
                    target,
                    amount,
                    time,
                    "layering",
                    typology=MULE,
                    hop=hop,
                    role=MULE_ROLE,
                    parent=parent,
                    report_after=-1,
                )[0]
            )
            account, hop = target, hop + 1
            amount = max(1, int(amount * rng.uniform(0.95, 1.0)))
        self._out(account, amount, time, parent, hop)

    def _out(self, account: int, amount: int, time: int, parent: int, hop: int) -> None:
        story, today, rng = self.story, self.story.today, self.story.today.rng
        way = EXITS[int(rng.choice(len(EXITS), p=_EXIT_SHARES))]
        time = int(after(today, time, 40, 1.2)[0])
        known = {"hop": hop, "role": MULE_ROLE, "parent": parent}
        if way == "cash" and amount >= 10_000:
            whole = min(amount, LARGEST_CASH) // 10_000 * 10_000
            story.pay(account, cash_of(today, account), whole, time, "cash out", typology=MULE, **known)
        elif way == "virtual currency" and account != self.dealer():
            to_dealer(story, account, self.dealer(), amount, time, known)
        elif way == "shop":
            shop = merchant(today, _EASILY_SOLD)
            story.pay(
                account,
                today.population.merchants["account"][shop],
                amount,
                time,
                "card at a terminal",
                typology=FAKE_TRADE,
                merchant=shop,
                **known,
            )


def dealer_account(story: Story) -> int:
    """The account by which a dealer in virtual currency is paid at present."""
    today = story.today
    found = None
    if today.rng.random() < DEALER_AGAIN:
        found = today.plans.at_hand("dealer", today.number - DEALER_DAYS, today.rng)
    if found is None:
        holder = int(people(today, 1, 20, 50)[0])
        found = holder if today.rng.random() < 0.3 else new_account(today, holder, (5, 900), BANK)
        today.plans.in_use["dealer"].append((today.number, found))
    return found


def to_dealer(story: Story, account: int, dealer: int, amount: int, time: int, known: dict[str, int]) -> None:
    """Money for virtual currency; some of what a dealer takes in goes on to whoever sold the currency."""
    today, rng = story.today, story.today.rng
    paid = story.pay(account, dealer, amount, time, "currency between strangers", typology=VIRTUAL_CURRENCY, **known)
    if rng.random() < 0.6:
        seller = laundering_account(today)
        on = int(amount * rng.uniform(0.9, 0.995))
        story.pay(
            dealer,
            seller,
            on,
            after(today, time, 70, 1.1),
            "passing on",
            typology=VIRTUAL_CURRENCY,
            hop=known["hop"] + 1,
            role=DEALER,
            parent=paid,
        )
