"""/hooks/<channel-key>: deliveries of platforms, verified on raw bytes, stored, acknowledged."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.db import close_old_connections

from tradewind.api.group_commit import GroupCommit
from tradewind.channels import services as channels
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, RawRequest
from tradewind.channels.deliveries import Raw, short_key
from tradewind.channels.models import Channel, ChannelState
from tradewind.channels.parsing import platforms
from tradewind.channels.sealing import account_of
from tradewind.core.asgi import Receive, Remembered, Scope, Send, body_of, headers_of, respond
from tradewind.core.problems import Problem
from tradewind.identity.scope import in_workspace

MAX_BODY = 16 * 1024 * 1024
# Kept with the delivery for replays; the rest may hold credentials.
_KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
_DROPPED_HEADERS = {"authorization", "cookie", "x-telegram-bot-api-secret-token"}


@dataclass(frozen=True, slots=True)
class _Door:
    """A channel's address as this process remembers it."""

    channel_id: int
    workspace_id: int
    account: Account
    inbound: DeclaredInbound


class Hooks:
    """Takes what platforms push."""

    def __init__(self, commit: GroupCommit, *, public_url: str) -> None:
        self._commit = commit
        self._public_url = public_url
        self._doors = Remembered(seconds=3)

    async def post(self, scope: Scope, receive: Receive, send: Send, *, key: str) -> None:
        """Answer as the platform wants it, after the delivery is safe; raises Problem."""
        door: _Door | None = None
        if _KEY.fullmatch(key):
            door = await self._doors.get(key, lambda: _find_door(key))
        if door is None:
            raise Problem(status=404, title="Not found", detail="there is no such channel")
        request = await self._request(scope, receive)
        verdict = door.inbound.verify(door.account, request)
        if not verdict.ok:
            client = scope.get("client")
            ip = client[0] if client else None
            await asyncio.to_thread(_refuse, door, request, verdict.reason, ip)
            status = verdict.status if verdict.status >= 400 else 401
            raise Problem(status=status, title="Refused", detail=verdict.reason)
        if not door.inbound.is_challenge(door.account, request):
            await self._accept(door, request)
        answer = door.inbound.answer(door.account, request)
        await respond(send, answer.status, answer.body.encode(), content_type=answer.content_type)

    async def _accept(self, door: _Door, request: RawRequest) -> None:
        raw = Raw(
            short_key(_kept(door.inbound.dedupe_key(door.account, request))),
            request.body,
            {
                "method": request.method,
                "url": request.url,
                "query": {_kept(n): _kept(v) for n, v in request.query.items()},
                "headers": {
                    n: _kept(v) for n, v in request.headers.items() if n not in _DROPPED_HEADERS
                },
            },
        )
        await self._commit.accept(
            workspace_id=door.workspace_id,
            channel_id=door.channel_id,
            transport="webhook",
            raws=[raw],
        )

    async def _request(self, scope: Scope, receive: Receive) -> RawRequest:
        query = scope.get("query_string", b"").decode("latin-1")
        url = self._public_url + scope["path"] + (f"?{query}" if query else "")
        return RawRequest(
            method=scope["method"],
            url=url,
            headers=headers_of(scope),
            query=dict(parse_qsl(query, keep_blank_values=True)),
            body=await body_of(receive, limit=MAX_BODY),
        )


def _kept(text: str) -> str:
    """The text without NUL, which the database refuses and which parts headers sent twice."""
    return text.replace("\x00", ", ")


def _find_door(key: str) -> _Door | None:
    close_old_connections()
    if (found := channels.find_by_key(key)) is None:
        return None
    channel_id, workspace_id = found
    with in_workspace(workspace_id):
        channel = Channel.objects.get(pk=channel_id)
        account = account_of(channel)
    connector = platforms().get(channel.platform)
    if connector is None or channel.state == ChannelState.PAUSED:
        return None
    return _Door(channel_id, workspace_id, account, DeclaredInbound(connector))


def _refuse(door: _Door, request: RawRequest, reason: str, ip: str | None) -> None:
    close_old_connections()
    with in_workspace(door.workspace_id):
        channels.refuse(door.channel_id, reason=_kept(reason), ip=ip, body_bytes=len(request.body))
