"""Plain functions a connector file may name where the wire is not plain HTTP and JSON.

A hook is registered by name; a file that names an unregistered one loads (its other parts
work) and the step that needs it answers with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TypeVar

from tradewind.channels.connector.errors import HookMissing
from tradewind.channels.contract import Account, RawRequest, Verdict

T = TypeVar("T")
DecodeHook = Callable[[Account, RawRequest], bytes]
SignatureHook = Callable[[Account, RawRequest], Verdict]
AuthHook = Callable[[Account, str, str, bytes], dict[str, str]]


@dataclass(slots=True)
class Hooks:
    """Hooks by name, one table per step.

    ``decode`` opens an envelope, ``signature`` judges a request, ``auth`` gives the headers
    for (account, method, url, body).
    """

    decode: MutableMapping[str, DecodeHook] = field(default_factory=dict)
    signature: MutableMapping[str, SignatureHook] = field(default_factory=dict)
    auth: MutableMapping[str, AuthHook] = field(default_factory=dict)


def get_hook(hooks: MutableMapping[str, T], name: str) -> T:
    """The hook of this name; raises HookMissing with the known names."""
    if name not in hooks:
        known = ", ".join(sorted(hooks)) or "none"
        raise HookMissing(f"The connector needs hook:{name}, which is not there; known: {known}.")
    return hooks[name]
