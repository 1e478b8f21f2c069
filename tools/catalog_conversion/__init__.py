"""Parts of ``tools/convert_catalog.py``: how source tables become catalogue files."""
