"""What the desk learns from people, and which model reads.

Words: *model* (one that was taught here), *champion* (the model in use), *challenger* (one that
reads beside it, its word kept and not shown), *label task* (a set of messages to label), *label*
(what one person said of one message), *final* (what counts in the end). How models are taught and
judged is nlp's.
"""
