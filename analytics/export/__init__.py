"""What leaves an installation: Parquet files for warehouses, archives of whole workspaces (docs/export.md).

Only commands import it: `parquet.py` needs the optional package `pyarrow` (requirements-export.txt).
"""
