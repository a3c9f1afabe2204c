"""The command line: arguments, exit codes, and what a person sees; one short file a command.

In: files that the user names. Out: text, tables and progress for a person, or JSON for a program. It decides nothing
itself: every answer is the library's, asked for as any host would. `check`, `format` and `explain CODE` never load
Numba, so the heavy parts are imported inside the commands that use them.
"""
