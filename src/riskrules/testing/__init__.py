"""For hosts and rule authors: payments to try rules on.

In: a number of rows and a seed. Out: made-up payments, their lists, and files of them, the same for the same seed. It
proves nothing about any real country, bank or fraud, and never reads real data.
"""
