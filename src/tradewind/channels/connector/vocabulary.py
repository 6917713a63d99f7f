"""Words a connector file may use: event fields, names in expressions, signature parts."""

from __future__ import annotations

from tradewind.channels.contract import EventKind

_TIMES = frozenset({"occurred_at", "updated_at"})
_RETURN = frozenset(
    {
        "id", "return_kind", "order_id", "buyer_id", "buyer_name", "buyer_email", "status",
        "stage", "reason_code", "reason_text", "amount", "currency", "items",
        "tracking_number", "next_action", "respond_by", "return_by", "requested_at", "line_id",
        "partial", "order_ids", "text",
    }
)  # fmt: skip

FIELDS: dict[EventKind, frozenset[str]] = {
    EventKind.CONVERSATION: frozenset(
        {
            "id", "buyer_id", "buyer_name", "subject", "status", "unread", "tags", "order_ids",
            "item_ids", "can_reply", "last_message_at", "assignee_id", "group_id", "priority",
        }
    ) | _TIMES,
    EventKind.MESSAGE: frozenset(
        {
            "id", "conversation_id", "direction", "author_role", "author_id", "author_name",
            "author_email", "author_phone", "text", "html", "subject", "locale", "attachments",
            "order_ids", "item_ids", "reply_to_id", "reply_token", "sort_key",
            "blocked_reason", "raw_kind", "sent_at", "edited_at", "auto", "channel",
        }
    ) | _TIMES,
    EventKind.ORDER: frozenset(
        {
            "id", "number", "status", "fulfilment", "marketplace", "buyer_id", "buyer_name",
            "buyer_email", "buyer_phone", "buyer_note", "country", "currency", "total", "items",
            "placed_at", "ship_by", "deliver_by", "partial", "line_id", "tags",
        }
    ) | _TIMES,
    EventKind.RETURN: _RETURN | _TIMES,
    EventKind.CASE: _RETURN | _TIMES,
    EventKind.SHIPMENT: frozenset(
        {
            "id", "order_ids", "order_ref", "carrier", "tracking_number", "tracking_numbers",
            "tracking_url", "status", "stage", "text", "location", "eta", "events",
            "shipped_at", "partial",
        }
    ) | _TIMES,
    EventKind.RECEIPT: frozenset({"message_id", "status", "error_code", "error_text", "at"}),
    EventKind.PRIVACY: frozenset(
        {
            "id", "action", "subject_id", "subject_name", "subject_email", "subject_phone",
            "shop", "order_ids", "request_id", "at",
        }
    ),
    EventKind.REVIEW: frozenset(
        {"id", "order_id", "item_id", "rating", "title", "text", "author_name", "at", "locale"}
    ) | _TIMES,
}  # fmt: skip

# At least one name of each group must be mapped and must have a value.
REQUIRED: dict[EventKind, tuple[tuple[str, ...], ...]] = {
    EventKind.CONVERSATION: (("id",),),
    EventKind.MESSAGE: (("id",), ("conversation_id",)),
    EventKind.ORDER: (("id",),),
    EventKind.RETURN: (("id",),),
    EventKind.CASE: (("id",),),
    EventKind.SHIPMENT: (("id", "tracking_number"),),
    EventKind.RECEIPT: (("message_id",),),
    EventKind.PRIVACY: (("action",),),
    EventKind.REVIEW: (("id",),),
}

# Values of closed lists; a constant outside them is refused at load.
CLOSED: dict[str, frozenset[str]] = {
    "direction": frozenset({"in", "out", "system"}),
    "author_role": frozenset({"buyer", "seller", "platform", "bot"}),
    "fulfilment": frozenset({"merchant", "platform"}),
    "return_kind": frozenset(
        {"return", "refund", "replacement", "cancel", "not_received", "claim", "dispute"}
    ),
    "action": frozenset({"export", "erase_customer", "erase_shop"}),
}

TEXT_LISTS = frozenset({"order_ids", "item_ids"})
MONEY = frozenset({"total", "amount"})
TIMES = _TIMES | {
    "at", "sent_at", "edited_at", "last_message_at", "placed_at", "ship_by", "deliver_by",
    "respond_by", "return_by", "requested_at", "eta", "shipped_at",
}  # fmt: skip

WEBHOOK_NAMES = frozenset({"body", "headers", "query", "account", "now"})
_OUT = frozenset({"account", "secret", "now", "now_s", "now_ms", "now_iso", "uuid"})
AUTH_NAMES = _OUT
CHALLENGE_NAMES = WEBHOOK_NAMES | {"secret", "digest"}
POLL_NAMES = _OUT | {
    "cursor", "offset", "page", "page0", "page1", "first", "id",
    "watermark_iso", "watermark_s", "watermark_ms",
}  # fmt: skip
MEDIA_NAMES = _OUT | {"media_id", "attachment"}
REPLY_NAMES = _OUT | {
    "text", "html", "subject", "conversation", "message", "order", "buyer", "shipment",
    "shipments", "return", "reply_to", "reply_token", "age_s", "within_window", "template",
    "actions", "tags", "assignee_id", "group_id", "priority", "status", "idempotency_key",
    "idempotency_uuid", "attachments", "context",
}  # fmt: skip

HASHES = frozenset({"sha1", "sha256", "sha512", "md5"})
ENCODINGS = frozenset({"hex", "HEX", "base64"})
INBOUND_PARTS = frozenset(
    {
        "body", "url", "path", "path_query", "method", "header", "query", "secret", "config",
        "literal", "body_sha256_hex", "form_sorted",
    }
)  # fmt: skip
OUTBOUND_PARTS = frozenset(
    {
        "body", "url", "path", "path_query", "method", "header", "query", "secret", "config",
        "literal", "body_sha256_hex", "form_sorted", "api_path", "query_sorted_kv",
        "params_sorted_kv", "body_unless_multipart",
    }
)  # fmt: skip
WITH_ARGUMENT = frozenset({"header", "query", "secret", "config", "literal"})
COVERS_BODY = frozenset({"body", "body_sha256_hex", "form_sorted"})
