"""Text in, syntax tree out: `parse.parse` gives the blocks of a file that hold together and a diagnostic for each that
does not, and `format.format_text` gives the one canonical text.

It knows how the language is written and nothing of what it means: names are not looked up, kinds are not compared,
dates and currencies are not checked to exist. It never raises on any text, and the work it does on any text is
bounded (`limits`).
"""
