"""Outgoing requests authorised: tokens had and renewed, headers set, requests signed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from tradewind.channels.connector import addresses, parts, times
from tradewind.channels.connector.egress import (
    Answered,
    Draft,
    Egress,
    TransportFault,
    base_context,
    call,
    render_request,
    texts,
)
from tradewind.channels.connector.errors import AuthFailed, ExpressionFailed, OutgoingRefused
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.hooks import get_hook
from tradewind.channels.connector.model import AuthRule, Connector, SignRule
from tradewind.channels.connector.templates import Template
from tradewind.channels.connector.tokens import Token
from tradewind.channels.contract import JSON, Account

ACCESS = "access"
_OAUTH = frozenset({"oauth2_refresh", "oauth2_client_credentials"})


def is_renewable(auth: AuthRule | None) -> bool:
    """Whether a new access token can be had when the platform refuses the old one."""
    return auth is not None and (auth.type in _OAUTH or auth.refresh is not None)


def with_token(
    connector: Connector, account: Account, egress: Egress, *, refused: str = ""
) -> Account:
    """The account with a valid access token among its secrets.

    ``refused`` is a token the platform just turned down, to be replaced. Raises AuthFailed.
    """
    auth = connector.auth
    if auth is None or not is_renewable(auth):
        return account
    token = egress.tokens.find(account.id, ACCESS)
    if not _is_usable(token, egress, refused) and (token or refused or auth.type in _OAUTH):
        token = _renew(connector, account, auth, egress, refused)
    if token is None:
        return account
    found = {"access_token": token.access, "refresh_token": token.refresh}
    secrets = {**account.secrets, **{name: value for name, value in found.items() if value}}
    return replace(account, secrets=secrets)


def authorise(
    connector: Connector, account: Account, draft: Draft, egress: Egress, *, scheme: str = ""
) -> None:
    """Put into the request what the connector's auth wants; ``account`` comes from with_token.

    Raises AuthFailed, ExpressionFailed or HookMissing.
    """
    auth = connector.auth
    if auth is None:
        return
    context = base_context(account, egress.now())
    draft.headers |= texts(auth.headers, context)
    draft.query |= texts(auth.query, context)
    if auth.type in _OAUTH:
        _put_token(auth, draft, account.secrets["access_token"], scheme or "Bearer")
    elif auth.type == "bearer":
        _put_token(auth, draft, _value(auth.token, context, "token"), scheme or "Bearer")
    elif auth.type == "basic":
        user = _value(auth.user, context, "user")
        draft.headers["Authorization"] = _basic(user, _value(auth.password, context, "password"))
    elif auth.type == "hook":
        hook = get_hook(egress.hooks.auth, auth.hook)
        draft.headers |= hook(account, draft.method, draft.full_url, draft.body)
    if auth.sign is not None:
        sign(auth.sign, account, draft)


def sign(rule: SignRule, account: Account, draft: Draft) -> None:
    """Sign the request and put the signature where the rule says."""
    content_type = draft.headers.get("Content-Type", "")
    view = parts.Signable(
        method=draft.method,
        url=draft.url,
        body=draft.body,
        headers={name.lower(): value for name, value in draft.headers.items()},
        query=draft.query,
        form=draft.form,
        api_path=draft.api_path,
        secrets=account.secrets,
        config=account.config,
        multipart=content_type.startswith("multipart/"),
    )
    try:
        made = parts.digest(rule.rule, view, wrap=rule.wrap)
    except parts.PartMissing as fault:
        raise AuthFailed(f"The request cannot be signed: {fault}.") from None
    target = draft.query if rule.put.kind == "query" else draft.headers
    target[rule.put.argument] = parts.encode(rule.rule, made)


def secrets_of(account: Account, egress: Egress) -> Iterator[str]:
    """Every secret value that must not be shown."""
    yield from account.secrets.values()
    token = egress.tokens.find(account.id, ACCESS)
    if token is not None:
        yield from (token.access, token.refresh)


def app_token(connector: Connector, account: Account, egress: Egress) -> str:
    """A token of the application itself (client credentials); raises AuthFailed."""
    auth = connector.auth
    if auth is None or auth.token_url is None:
        raise AuthFailed("The connector declares no token_url for an application token.")
    token = egress.tokens.find(account.id, "app")
    if token is None or not token.is_valid(egress.now()):
        token = _ask(account, auth, egress, {"grant_type": "client_credentials"}, connector)
        egress.tokens.save(account.id, "app", token)
    return token.access


def _is_usable(token: Token | None, egress: Egress, refused: str) -> bool:
    return token is not None and token.access != refused and token.is_valid(egress.now())


def _renew(
    connector: Connector, account: Account, auth: AuthRule, egress: Egress, refused: str
) -> Token:
    with egress.tokens.exclusive(account.id):
        # Another process may have renewed it while this one waited.
        kept = egress.tokens.find(account.id, ACCESS)
        if kept is not None and _is_usable(kept, egress, refused):
            return kept
        refresh = (kept.refresh if kept else "") or account.secrets.get("refresh_token", "")
        if auth.type in _OAUTH:
            token = _ask(account, auth, egress, _grant(auth, refresh), connector)
        else:
            token = _ask_by_rule(connector, account, auth, egress, refresh)
        token = replace(token, refresh=token.refresh or refresh)
        egress.tokens.save(account.id, ACCESS, token)
        return token


def _grant(auth: AuthRule, refresh: str) -> dict[str, str]:
    scope = {"scope": " ".join(auth.scopes)} if auth.scopes else {}
    if auth.type == "oauth2_client_credentials":
        return {"grant_type": "client_credentials", **scope}
    if not refresh:
        raise AuthFailed("The account has no refresh_token; connect it again.")
    return {"grant_type": "refresh_token", "refresh_token": refresh, **scope}


def _ask(
    account: Account, auth: AuthRule, egress: Egress, form: dict[str, str], connector: Connector
) -> Token:
    client_id = account.secrets.get(auth.client_id, "")
    client_secret = account.secrets.get(auth.client_secret, "")
    if not client_id or not client_secret or auth.token_url is None:
        raise AuthFailed(f"The account lacks {auth.client_id} or {auth.client_secret}.")
    context = base_context(account, egress.now())
    headers = {"Accept": "application/json", **_token_headers(auth, context)}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    if auth.client == "basic":
        headers["Authorization"] = _basic(client_id, client_secret)
    else:
        form = {**form, "client_id": client_id, "client_secret": client_secret}
    url = addresses.with_origin(addresses.fill_url(auth.token_url, context), connector, account)
    given = addresses.is_user_given(auth.token_url, account)
    draft = Draft("POST", url, headers=headers, body=urlencode(form).encode(), user_given=given)
    answer = _called(egress, draft).json
    return _token(answer, answer, egress)


def _token_headers(auth: AuthRule, context: dict[str, JSON]) -> dict[str, str]:
    """The connector's fixed headers; those that need the token itself are not there yet."""
    try:
        return texts(auth.headers, context)
    except ExpressionFailed:
        return {}


def _ask_by_rule(
    connector: Connector, account: Account, auth: AuthRule, egress: Egress, refresh: str
) -> Token:
    if auth.refresh is None:
        raise AuthFailed("The connector declares no way to renew the token.")
    known = replace(account, secrets={**account.secrets, "refresh_token": refresh})
    context = base_context(known, egress.now())
    try:
        draft = render_request(connector, known, auth.refresh.request, context)
        answer = _called(egress, draft).json
        taken = {name: take.find(answer) for name, take in auth.refresh.take.items()}
    except ExpressionFailed as fault:
        raise AuthFailed(f"The token could not be renewed: {fault}.") from None
    return _token(taken, answer, egress)


def _called(egress: Egress, draft: Draft) -> Answered:
    try:
        answer = call(egress, draft)
    except TransportFault as fault:
        raise AuthFailed(f"No token: {fault}", temporary=True) from None
    except OutgoingRefused as fault:
        raise AuthFailed(f"No token: {fault}") from None
    if answer.status >= 400:
        temporary = answer.status == 429 or answer.status >= 500
        raise AuthFailed(f"The platform gave no token (HTTP {answer.status}).", temporary=temporary)
    return answer


def _token(taken: JSON, answer: JSON, egress: Egress) -> Token:
    access = taken.get("access_token") if isinstance(taken, dict) else None
    if not isinstance(access, str) or not access:
        code = (
            as_text(answer.get("error") or answer.get("code")) if isinstance(answer, dict) else ""
        )
        raise AuthFailed(f"The platform gave no token ({code or 'no access_token in its answer'}).")
    seconds = times.to_number(taken.get("expires_in"))
    expires = egress.now() + timedelta(seconds=seconds) if seconds else None
    if expires is None and taken.get("expires_at") is not None:
        expires = times.from_any(taken["expires_at"])
    return Token(access, expires, as_text(taken.get("refresh_token")) or "")


def _put_token(auth: AuthRule, draft: Draft, token: str, scheme: str) -> None:
    put = auth.put
    if put is None:
        draft.headers["Authorization"] = f"{scheme} {token}"
    elif put.kind == "query":
        draft.query[put.argument] = token
    else:
        draft.headers[put.argument] = token


def _value(template: Template | None, context: dict[str, JSON], name: str) -> str:
    value = as_text(template.render(context)) if template else None
    if not value:
        raise AuthFailed(f"The account has no {name} for this platform.")
    return value


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
