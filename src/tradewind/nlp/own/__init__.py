"""A seller's own models: any set of labels, of two kinds behind one door (``loading.load``).

``meaning`` weighs the shipped encoder's meaning of a text and its n-grams; ``tuned`` is an encoder
that was taught the seller's labels itself. How they are taught: ``nlp.training``.
"""
