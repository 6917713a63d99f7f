"""Who may do what: workspaces, people, teams, roles, tokens, and the log of who did and read what.

Words: *workspace* (one seller company), *person*, *membership* (a person's role in a workspace),
*team*, *token*, *audit entry*. Sign-in itself is django-allauth's.
"""
