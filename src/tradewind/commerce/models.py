"""Stores, buyers, orders and what happened to them."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tradewind.channels.models import Channel
from tradewind.identity.owned import Owned


class Store(Owned):
    """One shop of the seller on one platform and site."""

    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=32)
    # ISO 3166 country of the site, "" when it sells everywhere.
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    # What the platform demands for answering a buyer; null: nothing is demanded.
    response_minutes = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "name", name="store_name")]

    def __str__(self) -> str:
        return self.name


class StoreChannel(Owned):
    """Which store a channel speaks for."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.channel_id} → {self.store_id}"


class Buyer(Owned):
    """A person who buys, across channels and stores."""

    name = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=12, blank=True)
    note = models.TextField(blank=True)
    first_seen_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index("workspace", models.F("last_seen_at").desc(), name="buyer_newest"),
            models.Index("workspace", "name", name="buyer_name"),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class Identity(Owned):
    """An alias of a buyer: a platform's id of them, an address, a telephone number."""

    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="identities")
    # A platform, or "email" / "phone".
    kind = models.CharField(max_length=32)
    value = models.CharField(max_length=320)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "kind", "value", name="one_identity")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class Order(Owned):
    """An order as the platform tells it; an older state never overwrites a newer."""

    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, related_name="+")
    buyer = models.ForeignKey(Buyer, on_delete=models.SET_NULL, null=True, related_name="orders")
    platform = models.CharField(max_length=32)
    external_id = models.CharField(max_length=120)
    # What people write and read: 304-7719283-5560312, #1042.
    number = models.CharField(max_length=120)
    status = models.CharField(max_length=60, blank=True)
    fulfilment = models.CharField(max_length=12, blank=True)
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    placed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    ship_by = models.DateTimeField(null=True)
    deliver_by = models.DateTimeField(null=True)
    # Sealed JSON: name, lines, city, postcode, country, phone.
    address = models.BinaryField(default=bytes)
    # The full object has still to be fetched.
    partial = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("workspace", "platform", "external_id", name="one_order")
        ]
        indexes = [
            models.Index("workspace", "number", name="order_number"),
            models.Index("buyer", models.F("placed_at").desc(), name="order_of_buyer"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderItem(Owned):
    """One line of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    external_id = models.CharField(max_length=120, blank=True)
    sku = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=400, blank=True)
    batch = models.CharField(max_length=60, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    class Meta:
        indexes = [models.Index("workspace", "sku", name="item_sku")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class Stage(models.TextChoices):
    """Where a parcel is (connector reference §4)."""

    LABEL_CREATED = "label_created", _("Label created")
    IN_TRANSIT = "in_transit", _("On its way")
    CUSTOMS = "customs", _("At customs")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    PICKUP_READY = "pickup_ready", _("Ready for pick-up")
    FAILED_ATTEMPT = "failed_attempt", _("Delivery attempt failed")
    DELIVERED = "delivered", _("Delivered")
    RETURNED = "returned", _("Returned to sender")
    EXCEPTION = "exception", _("Problem on the way")
    LOST = "lost", _("Lost")
    UNKNOWN = "unknown", _("Unknown")


class Shipment(Owned):
    """A parcel of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    external_id = models.CharField(max_length=120)
    carrier = models.CharField(max_length=80, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.UNKNOWN)
    eta = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    # [{"at": ISO 8601, "text": …, "location": …, "stage": …}], newest first.
    events = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint("order", "external_id", name="one_shipment")]
        indexes = [models.Index("workspace", "tracking_number", name="shipment_tracking")]

    def __str__(self) -> str:
        return self.tracking_number


class ReturnStage(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    IN_TRANSIT = "in_transit", _("On its way back")
    RECEIVED = "received", _("Received")
    REFUNDED = "refunded", _("Refunded")
    ESCALATED = "escalated", _("Escalated")
    CLOSED = "closed", _("Closed")
    UNKNOWN = "unknown", _("Unknown")


class Return(Owned):
    """A return, refund, claim or dispute of an order, with the platform's own deadline."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    external_id = models.CharField(max_length=120)
    # return, refund, replacement, cancel, not_received, claim, dispute
    kind = models.CharField(max_length=16, default="return")
    stage = models.CharField(max_length=12, choices=ReturnStage, default=ReturnStage.UNKNOWN)
    status = models.CharField(max_length=80, blank=True)
    reason_code = models.CharField(max_length=120, blank=True)
    reason_text = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    respond_by = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("order", "external_id", name="one_return")]
        indexes = [models.Index("workspace", "respond_by", name="return_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


# What platforms demand for answering a buyer, in minutes: seeds for new stores, which sellers edit.
# Source: connector reference §8.
RESPONSE_MINUTES = {
    "amazon": 24 * 60,
    "walmart": 48 * 60,
    "tiktok_shop": 24 * 60,
    "aliexpress": 24 * 60,
}
