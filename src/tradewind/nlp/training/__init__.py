"""How readers are taught. The encoder's part needs the extra ``train``, the rest nothing."""
