"""Facts, contacts and people as Parquet files in a folder, for warehouses (docs/export.md).

Only the command imports it: `parquet.py` needs the optional package `pyarrow` (requirements-export.txt).
"""
