"""For hosts and rule authors: payments to try rules on.

In: a seed, a number of people and of days. Out: a made-up world of labelled payments (`world`), and files of it, the
same for the same seed. It proves nothing about any real country, bank or fraud, and never reads real data.
"""
