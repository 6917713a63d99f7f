"""Personal data in a text: where it stands, of which kind, and the text without it.

Pure. A *kind* is what is found: mail, telephone, card, IBAN, tax or identity number, postal
address, name, IP address. *Known* is what an order says of its buyer, matched loosely. Order and
tracking numbers are no personal data here: the desk cannot work without them. Who may see what is
decided in ``identity.hiding``.
"""

from tradewind.nlp.contract import Known
from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.finding import find
from tradewind.nlp.pii.redacting import Style, redact

__all__ = ["Kind", "Known", "Span", "Style", "find", "redact"]
