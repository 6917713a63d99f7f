"""POST /api/v1/messages, answered natively: checked, stored by group commit, acknowledged."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import close_old_connections

from tradewind.api.access import not_a_token, secret_of
from tradewind.api.group_commit import GroupCommit
from tradewind.api.items import MAX_BODY, answer_of, items_of, no_channel, raw_of
from tradewind.api.limits import Allowance
from tradewind.channels import services as channels
from tradewind.channels.deliveries import Accepted
from tradewind.core.asgi import Receive, Remembered, Scope, Send, body_of, headers_of, respond
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.scope import in_workspace


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
        items = items_of(await body_of(receive, limit=MAX_BODY))
        left = self._allowance.take(actor.token_id or 0, len(items))
        by_channel: dict[int, list[int]] = {}
        for index, item in enumerate(items):
            channel_id = await self._channel(actor, item.get("channel") or "")
            by_channel.setdefault(channel_id, []).append(index)
        answers: dict[int, Accepted] = {}
        for channel_id, indexes in by_channel.items():
            accepted = await self._commit.accept(
                workspace_id=actor.workspace_id,
                channel_id=channel_id,
                transport="api",
                raws=[raw_of(items[i]) for i in indexes],
            )
            answers |= dict(zip(indexes, accepted, strict=True))
        body = orjson.dumps(answer_of(items, answers))
        await respond(send, 202, body, headers=left.as_headers())

    async def _actor(self, headers: dict[str, str]) -> Actor:
        secret = secret_of(headers.get("authorization", ""))
        actor: Actor | None = await self._actors.get(
            secret, lambda: _ask(identity.find_token_actor, secret)
        )
        if actor is None:
            raise not_a_token()
        actor.require_scope(identity.Scope.MESSAGES_WRITE)
        return actor

    async def _channel(self, actor: Actor, key: str) -> int:
        channel_id: int | None = await self._channels.get(
            (actor.workspace_id, key), lambda: _ask(_find_channel, actor.workspace_id, key)
        )
        if channel_id is None:
            raise no_channel(key)
        return channel_id


def _ask(function: Any, *args: Any) -> Any:
    """Ask the database from a thread of its own; its connection is not left lying about."""
    close_old_connections()
    return function(*args)


def _find_channel(workspace_id: int, key: str) -> int | None:
    with in_workspace(workspace_id):
        return channels.find_api_channel(key)
