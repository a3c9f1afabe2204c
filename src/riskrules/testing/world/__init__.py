"""A made-up world of payments, to try rules on: ordinary life, those who rob it, and honest people like them.

In: a seed, a number of people and of days, the name of a setting. Out: every payment with all that a rule may read,
what it truly was in columns of their own, the reports that came of it, and a ledger that adds up. It never reads real
data and was not measured on any; what a ruleset catches here says how it works and not what it would catch in a bank.
"""

from .declaring import DECLARATIONS
from .labels import LIKE, LOOKALIKES, SCAMS, TYPOLOGIES
from .making import Day, World, world
from .settings import SETTINGS, Setting

__all__ = ["DECLARATIONS", "LIKE", "LOOKALIKES", "SCAMS", "SETTINGS", "TYPOLOGIES", "Day", "Setting", "World", "world"]
