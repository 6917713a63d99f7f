"""The words our scripts say, in the person's language; they reach the page as one JSON island."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def key_words() -> dict[str, str]:
    """What each key does, by the action's name in ``keymap.js``."""
    return _deed_words() | _tool_words() | _place_words()


def _deed_words() -> dict[str, str]:
    return {
        "next": _("Next conversation"),
        "previous": _("Previous conversation"),
        "open": _("Open"),
        "back": _("Back"),
        "reply": _("Reply"),
        "note": _("Internal note"),
        "assign": _("Assign"),
        "assign-me": _("Assign to me"),
        "status": _("Status"),
        "close": _("Close"),
        "close-next": _("Close and open next"),
        "snooze": _("Snooze"),
        "translate": _("Original or translation"),
        "order": _("Order"),
        "buyer": _("Buyer"),
        "macro": _("Macros"),
        "search": _("Search"),
        "help": _("Keyboard shortcuts"),
        "select": _("Select"),
    }


def _tool_words() -> dict[str, str]:
    return {
        "panel-left": _("Show or hide lists"),
        "panel-right": _("Show or hide context"),
        "copy-number": _("Copy the number"),
        "copy-title": _("Copy number and subject"),
        "copy-link": _("Copy the link"),
        "send": _("Send"),
        "send-close": _("Send and close"),
        "palette": _("Search everything"),
    }


def _place_words() -> dict[str, str]:
    return {
        "go-inbox": _("Go to Inbox"),
        "go-mine": _("Go to Mine"),
        "go-unassigned": _("Go to Unassigned"),
        "go-due": _("Go to Due soon"),
        "go-claims": _("Go to Claims"),
        "go-buyers": _("Go to Buyers"),
        "go-settings": _("Go to Settings"),
    }


def group_words() -> dict[str, str]:
    """Headings of the sheet of keys."""
    return {
        "move": _("Move"),
        "act": _("Act"),
        "write": _("Write"),
        "look": _("Look"),
        "go": _("Go to"),
    }


def script_words() -> dict[str, object]:
    """Everything the scripts may say."""
    return {
        "keys": key_words(),
        "groups": group_words(),
        "ago": {
            "now": pgettext("time since", "now"),
            "m": pgettext("time since", "%(n)dm"),
            "h": pgettext("time since", "%(n)dh"),
            "d": pgettext("time since", "%(n)dd"),
        },
        "undo": _("Undo"),
        "copied": _("Copied: %(what)s"),
        "saved": _("Saved"),
        "saving": _("Saving…"),
        "not_saved": _("Not saved; it is kept in this browser and tried again"),
        "signed_out": _("You are signed out. The text is kept in this browser: sign in again."),
        "no_answer": _("No answer from the server. Check the connection, then try again."),
        "offline": _("No connection. You can go on writing; drafts are kept."),
        "online": _("Connected again"),
        "then": pgettext("between two keys", "then"),
        "press_key": _("Press the new key"),
        "reset_keys": _("Back to the default keys"),
        "change_key": _("Change"),
        "key_taken": _("%(key)s already does: %(action)s"),
        "nothing_found": _("Nothing found"),
        "commands": _("Commands"),
        "conversations": _("Conversations"),
        "too_long": _("%(n)s characters too many"),
        "request_failed": _("The server did not answer (%(status)s). Nothing was changed."),
        "retry": _("Try again"),
    }
