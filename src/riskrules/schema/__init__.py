"""Events and their fields: kinds, units, bounds, harmless samples; a host's values in, held values out.

In: the values that a host has (decimals, texts, datetimes, pydantic models). Out: fields, schemas and the
`int`, `str` or `bool` that every later stage holds, or a `PaymentError` that names the field. It never reads
a file or a table (`bridges` does) and never corrects a value.
"""
