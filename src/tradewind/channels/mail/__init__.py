"""E-mail as pure code: bytes in, canonical events out; replies in, receipts out.

Decides how a mail is read, threaded, made safe and sent. Words: a *mail* is what RFC 5322
describes, a *relay* is a marketplace's address that stands for a buyer, a *token* is our own
Message-ID that names the conversation. State (last UID, conversations) is left to the caller.
"""
