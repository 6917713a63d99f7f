"""The default problem map in words: branch and leaf of each code, short enough for a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class ProblemWords(NamedTuple):
    """Branch and leaf of a problem, in the language of the person who looks."""

    branch: str
    leaf: str


BRANCHES: Final[dict[str, _StrPromise]] = {
    "logistics": pgettext_lazy("problem", "Logistics"),
    "product": pgettext_lazy("problem", "Product"),
    "payment": pgettext_lazy("problem", "Payment"),
    "policy": pgettext_lazy("problem", "Policy"),
    "order": pgettext_lazy("problem", "Order"),
    "presale": pgettext_lazy("problem", "Presale"),
    "service": pgettext_lazy("problem", "Service"),
    "feedback": pgettext_lazy("problem", "Feedback"),
    "other": pgettext_lazy("problem", "Other"),
}

LEAVES: Final[dict[str, _StrPromise]] = {
    "logistics.tracking": pgettext_lazy("problem", "Where is it"),
    "logistics.delay": pgettext_lazy("problem", "Late"),
    "logistics.customs": pgettext_lazy("problem", "Customs"),
    "logistics.delivery_failed": pgettext_lazy("problem", "Delivery failed"),
    "logistics.not_received": pgettext_lazy("problem", "Not received"),
    "logistics.damaged": pgettext_lazy("problem", "Damaged in transit"),
    "product.defect": pgettext_lazy("problem", "Defect"),
    "product.malfunction": pgettext_lazy("problem", "Does not work"),
    "product.size": pgettext_lazy("problem", "Size"),
    "product.not_as_described": pgettext_lazy("problem", "Not as described"),
    "product.wrong_item": pgettext_lazy("problem", "Wrong or missing item"),
    "payment.refund_request": pgettext_lazy("problem", "Return or refund"),
    "payment.refund_status": pgettext_lazy("problem", "Refund status"),
    "payment.charge_dispute": pgettext_lazy("problem", "Charge dispute"),
    "payment.failed": pgettext_lazy("problem", "Payment or coupon failed"),
    "policy.duties_tax": pgettext_lazy("problem", "Duties and tax"),
    "policy.prohibited": pgettext_lazy("problem", "Certification"),
    "policy.returns_warranty": pgettext_lazy("problem", "Returns and warranty"),
    "policy.privacy": pgettext_lazy("problem", "Privacy"),
    "order.change": pgettext_lazy("problem", "Change order"),
    "order.cancel": pgettext_lazy("problem", "Cancel order"),
    "order.invoice": pgettext_lazy("problem", "Invoice"),
    "presale.product": pgettext_lazy("problem", "Before buying"),
    "service.no_response": pgettext_lazy("problem", "No answer"),
    "service.attitude": pgettext_lazy("problem", "Staff complaint"),
    "feedback.praise": pgettext_lazy("problem", "Praise"),
    "other.spam": pgettext_lazy("problem", "Spam"),
    "other.unclear": pgettext_lazy("problem", "Cannot tell"),
}


def problem_words(code: str) -> ProblemWords:
    """Words for a problem code; a code of the seller's own is shown as its parts, readable."""
    branch, _dot, leaf = code.partition(".")
    return ProblemWords(
        str(BRANCHES.get(branch, "")) or _readable(branch),
        str(LEAVES.get(code, "")) or _readable(leaf),
    )


def _readable(part: str) -> str:
    return part.replace("_", " ").capitalize()
