"""What messages say: the problem map in its versions, readings, and what people corrected.

Words: *problem map* (the tree of intents), *reading* (what triage says of a message), *correction*.
How texts are read is nlp's; what follows from a reading is routing's.
"""
