"""What a ruleset has to declare before it can read the columns that no schema has.

The schema's own columns need nothing. These are what a gateway may add to them; the lines are the language's, to be
copied into a ruleset as they are, or those of them that it reads.
"""

from __future__ import annotations

DECLARATIONS = """\
field  payment.atm_notice_confirmed  yes/no, optional         "the payer saw the full notice at the ATM and agreed"
field  payment.screen_shared         yes/no, optional         "a remote-control app was open"
field  payment.payee_is_saved        yes/no, optional         "the payer had saved this payee before today"
field  payment.to_bound_account      yes/no, optional         "the payer bound this payee's account before"
field  payment.distance_km           count, optional          "from the payer to where the code or terminal belongs"
field  payment.limit_raised_at       time, optional           "when the payer last raised a limit"
field  payment.logistics             yes/no, optional         "the goods are on their way, and tracked"
field  payment.goods                 text, optional           "what the merchant says it sold"
field  payment.refund_of             text, optional           "the id of the payment that is paid back"
field  payment.refund_elsewhere      yes/no, optional         "paid back to another account than it came from"
field  payer.credentials_changed_at  time, optional           "when the payer last changed telephone or password"
field  payer.party.income            money, optional          "what the payer said to earn in a month"
field  payer.party.occupation        text, optional           "what the payer said to do"
field  payee.party.income            money, optional          "what the payee said to earn in a month"
field  payee.party.occupation        text, optional           "what the payee said to do"
field  payee.seller                  text, optional           "who sells the goods, as the payment names it"
field  payee.code                    text, optional           "the number of the code that was scanned"
field  payee.code_is_picture         yes/no, optional         "the code came from a saved picture"
"""
