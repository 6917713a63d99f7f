"""The door of learning: the reader in use, and who of the models reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id
from tradewind.learning.registry import BUILT_IN, Registry, Standing
from tradewind.nlp.cascade import Stage, cascade_with, default_cascade
from tradewind.nlp.contract import INTENTS, Reader
from tradewind.nlp.encoder.reader import shipped_network
from tradewind.nlp.evaluation.shipped import shipped_report
from tradewind.nlp.own.contract import OwnModel
from tradewind.nlp.own.loading import load
from tradewind.nlp.own.reader import ALWAYS, OwnReader
from tradewind.triage.problem_map import codes_of, current_map

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InUse:
    """Who reads: ``reader`` is what counts, ``challenger`` reads beside it."""

    reader: Reader
    challenger: OwnModel | None = None


_kept: dict[int, tuple[tuple[int, int], InUse]] = {}


def registry() -> Registry:
    """The models of the workspace entered."""
    folder = Path(settings.HOME) / "models" / str(current_workspace_id())
    # Without its encoder what ships is another reader, and was not judged.
    return Registry(folder, shipped=shipped_report() if settings.ENV.encoder else None)


def reader_in_use() -> Reader:
    """The best reader there is for the workspace entered: what ships, then its champion."""
    return in_use().reader


def in_use() -> InUse:
    """Champion and challenger; another choice is heeded from the next batch on."""
    workspace_id, models = current_workspace_id(), registry()
    stamp = models.stamp()
    kept = _kept.get(workspace_id)
    if kept is None or kept[0] != stamp:
        kept = _kept[workspace_id] = (stamp, _composed(models))
    return kept[1]


def get_reader(name: str) -> Reader:
    """What ships with a model of the registry after it, as if that were champion."""
    return _after_shipped(None if name == BUILT_IN else _get_model(registry(), name))


def _composed(models: Registry) -> InUse:
    standing = models.standing()
    champion = _find_model(models, standing.champion)
    return InUse(_after_shipped(champion), _find_model(models, standing.challenger))


def _after_shipped(model: OwnModel | None) -> Reader:
    if model is None and settings.ENV.encoder:
        return default_cascade()
    own = [] if model is None else [Stage(OwnReader(model), unless=ALWAYS)]
    return cascade_with(*own, encoder=settings.ENV.encoder)


def _find_model(models: Registry, name: str) -> OwnModel | None:
    """The model ready to read; None, and a line in the log, where it cannot any more."""
    if name in ("", BUILT_IN):
        return None
    try:
        return _get_model(models, name)
    except Conflict as refusal:
        # A new encoder makes models worthless, a full disk cuts them off: the desk must go on
        # reading without them.
        log.warning("model_cannot_read", model=name, reason=str(refusal))
        return None


def _get_model(models: Registry, name: str) -> OwnModel:
    try:
        return load(models.folder_of(name), shipped_network())
    except Conflict:
        raise
    # A folder that has gone, a file cut off: each library has errors of its own for that.
    except Exception as error:
        raise Conflict(f"the model “{name}” cannot be read: {error}") from error


def use_model(actor: Actor, name: str) -> Standing:
    """Make a model the champion; refused where its labels are no leaves of the problem map."""
    actor.require(Right.MANAGE_LEARNING)
    models = registry()
    _require_fit(models, name)
    was = models.standing().champion
    now = models.use(name)
    identity.audit(actor, "model.used", model=name, was=was)
    return now


def challenge(actor: Actor, name: str) -> Standing:
    """Have a model read beside the champion; an empty name ends that."""
    actor.require(Right.MANAGE_LEARNING)
    models = registry()
    if name:
        _require_fit(models, name)
    if name == BUILT_IN:
        raise Invalid("the built-in reader reads first anyway; wanted a model of your own")
    now = models.challenge(name)
    identity.audit(actor, "model.challenged", model=name)
    return now


def back(actor: Actor) -> Standing:
    """Make the champion before this one champion again."""
    actor.require(Right.MANAGE_LEARNING)
    models = registry()
    was = models.standing().champion
    now = models.back()
    identity.audit(actor, "model.used", model=now.champion, was=was)
    return now


def _require_fit(models: Registry, name: str) -> None:
    if models.get(name).name == BUILT_IN:
        return
    model = _get_model(models, name)
    strange = set(model.labels) - set(INTENTS) - set(codes_of(current_map()))
    if strange:
        raise Conflict(
            f"“{name}” says labels that are no leaves of the problem map: "
            f"{', '.join(sorted(strange)[:5])}"
        )


def who_is(name: str, standing: Standing) -> str:
    """``champion``, ``challenger``, or an empty text."""
    roles: Mapping[str, str] = {standing.challenger: "challenger", standing.champion: "champion"}
    return roles.get(name, "")
