"""A language model as the last reader: asked only what the readers before it were unsure of.

Words: *chat* (the way to a model), *opinion* (its word on one message, once checked), *before* (the
reader whose readings stand where the model's do not). Pure but for the chat, which calls out.
Cache, budget and breaker are given from above, so that several workers share them.
"""
