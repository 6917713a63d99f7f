"""Platforms described by one TOML file: verify, map, reply, poll, fetch attachments.

``loading`` reads and checks the files, ``webhook`` is the way in, ``sending`` the way out,
``polling`` asks platforms that do not tell, ``check`` runs example cases. Nothing here knows
a table; what must be kept (tokens, paging state) is handed in and given back.
"""
