"""What the host owns beside the rules: lists now, windows with a later version.

In: names and texts from sets or files. Out: frozen sets with a version that follows from their content.
Nothing here decides, and nothing here knows a rule.
"""
