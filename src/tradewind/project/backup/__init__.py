"""Everything of an installation in one file, and back: tables, files, connectors, the key.

``archive`` is the file's form, ``sealed`` its encryption, ``dump`` writes, ``load`` brings the
tables back, ``place`` judges where to.
"""
