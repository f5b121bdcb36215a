"""A published snapshot for Athena, which reads no version of a Delta table but the latest.

Each table has two entries in the catalog, which take turns: one lists the data files of the snapshot that readers see,
the other is filled with the next. A view of the table's plain name selects from the one that a last view, of one row,
points to. So all tables and all views change from one snapshot to the next at once, when that row does.
"""
