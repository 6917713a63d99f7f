"""POST /api/v1/messages, answered natively: checked, stored by group commit, acknowledged."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import close_old_connections

from tradewind.api.group_commit import GroupCommit
from tradewind.api.limits import Allowance
from tradewind.core.asgi import Receive, Remembered, Scope, Send, body_of, headers_of, respond
from tradewind.channels import services as channels
from tradewind.channels.deliveries import Raw, short_key
from tradewind.channels.jsonapi import MAX_ITEMS, BadItem, check_item
from tradewind.core.problems import Problem
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.scope import in_workspace

MAX_BODY = 32 * 1024 * 1024


class Intake:
    """Takes messages from other programs."""

    def __init__(self, commit: GroupCommit, allowance: Allowance) -> None:
        self._commit = commit
        self._allowance = allowance
        self._actors = Remembered(seconds=3)
        self._channels = Remembered(seconds=3)

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 202 once the messages are safe on disk; raises Problem."""
        actor = await self._actor(headers_of(scope))
        items = _items(await body_of(receive, limit=MAX_BODY))
        self._allowance.take(actor.token_id or 0, len(items))
        by_channel: dict[int, list[int]] = {}
        for index, item in enumerate(items):
            channel_id = await self._channel(actor, item.get("channel") or "")
            by_channel.setdefault(channel_id, []).append(index)
        answers: dict[int, Any] = {}
        for channel_id, indexes in by_channel.items():
            raws = [
                Raw(short_key(items[i]["external_id"]), orjson.dumps(items[i])) for i in indexes
            ]
            accepted = await self._commit.accept(
                workspace_id=actor.workspace_id, channel_id=channel_id, transport="api", raws=raws
            )
            answers |= dict(zip(indexes, accepted, strict=True))
        await respond(send, 202, _answer(items, answers))

    async def _actor(self, headers: dict[str, str]) -> Actor:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise Problem(status=401, title="No token", detail="wanted Authorization: Bearer TOKEN")
        actor = await self._actors.get(secret, lambda: _ask(identity.find_token_actor, secret))
        if actor is None:
            raise Problem(
                status=401, title="Not a token", detail="it is unknown, revoked or out of date"
            )
        actor.require_scope(identity.Scope.MESSAGES_WRITE)
        return actor

    async def _channel(self, actor: Actor, key: str) -> int:
        channel_id = await self._channels.get(
            (actor.workspace_id, key), lambda: _ask(_find_channel, actor.workspace_id, key)
        )
        if channel_id is None:
            raise Problem(status=422, title="Not valid", detail=f"channel: there is no “{key}”")
        return channel_id


def _ask(function: Any, *args: Any) -> Any:
    """Ask the database from a thread of its own; its connection is not left lying about."""
    close_old_connections()
    return function(*args)


def _find_channel(workspace_id: int, key: str) -> int | None:
    with in_workspace(workspace_id):
        return channels.find_api_channel(key)


def _items(body: bytes) -> list[dict[str, Any]]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(status=400, title="Not JSON", detail=str(error)) from error
    items = given if isinstance(given, list) else [given]
    if not 0 < len(items) <= MAX_ITEMS:
        raise Problem(
            status=422, title="Not valid", detail=f"got {len(items)} messages, wanted 1–{MAX_ITEMS}"
        )
    wrong = []
    for index, item in enumerate(items):
        try:
            check_item(item)
        except BadItem as error:
            wrong.append({"index": index, "error": str(error)})
    if wrong:
        raise Problem(
            status=422,
            title="Not valid",
            detail=f"message {wrong[0]['index']}: {wrong[0]['error']}; nothing was taken",
            errors=wrong[:50],
        )
    return items


def _answer(items: list[dict[str, Any]], answers: dict[int, Any]) -> bytes:
    told = [
        {"external_id": item["external_id"], "delivery": answers[i].delivery_id}
        for i, item in enumerate(items)
    ]
    new = sum(1 for accepted in answers.values() if accepted.is_new)
    return orjson.dumps({"accepted": new, "duplicates": len(items) - new, "items": told})
