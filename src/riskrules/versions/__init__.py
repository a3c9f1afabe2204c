"""Which version decides, who let it, and what was decided: publish, sign, activate, roll back, log, replay, verify.

In: rulesets with their lists and models, keys, decisions. Out: a registry on a disk that is believed in nothing,
releases that an engine may serve, a log that cannot be changed unseen. It never decides a payment.
"""
