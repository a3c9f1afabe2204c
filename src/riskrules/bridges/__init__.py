"""Ways in and out: Arrow tables, files of payments, and the map that says which column feeds which field.

In: anything that speaks Arrow's C interface, Parquet, CSV and JSON lines, a MAP.toml. Out: batches of columns
in held units with the rows that do not fit set apart, and tables of decisions. Every bridge is one file or
a few, and needs nothing that the others need. It never decides, and it never drops a row in silence.
"""
