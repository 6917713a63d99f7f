"""Conversations and what is said in them: messages, notes, drafts, replies on their way, search.

Words: *conversation* (a thread with one buyer), *message* (one utterance), *note* (for
colleagues only), *draft* (kept on the server), *outgoing* (a reply on its way out). What lists need
(priority, topic, language, due time) are columns of the conversation, written through services by
the floors above.
"""
