"""The encoders that fine-tuning starts from: our own base, a local folder's, or a hub's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tradewind.core.errors import OperatorError
from tradewind.nlp.own.pieces import TOKENIZER
from tradewind.nlp.training.base import installed_base, read_base
from tradewind.nlp.training.network import encoder_from
from tradewind.nlp.training.pieces import all_pieces, pieces_to_keep, write_vocabulary
from tradewind.nlp.training.tuning import BUILT_IN, is_ours

MOST_PIECES = 128
_LARGEST = 2**31 // 4
"""ONNX keeps a network in one message of at most 2 GB, four bytes a number before int8."""
_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


@dataclass(frozen=True, slots=True)
class Start:
    """An encoder to be taught, and what a card tells of the pieces it takes."""

    encoder: nn.Module
    size: int
    pieces: dict[str, int]
    mark: str
    """Tells this base from another."""


class HubEncoder(nn.Module):
    """An encoder of transformers, called as ours are: ids of pieces to states of pieces."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    @property
    def layers(self) -> nn.ModuleList:
        """Its layers, whatever its makers call them: the longest list of modules there is."""
        lists = [each for each in self.model.modules() if isinstance(each, nn.ModuleList)]
        return max(lists, key=len)

    def forward(self, texts: Tensor, mask: Tensor | None = None, drop: float = 0.0) -> Tensor:
        """``mask`` is true where a piece is; what is dropped is the base's own affair."""
        seen = torch.ones_like(texts) if mask is None else mask.long()
        states: Tensor = self.model(input_ids=texts, attention_mask=seen).last_hidden_state
        return states


def start_from(base: str, texts: Iterable[str], folder: Path) -> Start:
    """The base, ready; what cuts texts into its pieces is written to the folder.

    ``texts`` say which of the built-in base's pieces are worth keeping.
    """
    if is_ours(base):
        return _ours(None if base == BUILT_IN else Path(base), texts, folder)
    if not Path(base).is_dir() and not _HUB_NAME.fullmatch(base):
        raise OperatorError(
            f"--base {base}: no such folder; wanted {BUILT_IN!r}, a folder or a hub's name"
        )
    return _from_transformers(base, folder)


def _ours(path: Path | None, texts: Iterable[str], folder: Path) -> Start:
    base = read_base(path, sha256=None) if path else read_base(installed_base())
    seen = chain.from_iterable(all_pieces(base).encode(list(texts)))
    most = min(MOST_PIECES, base.positions)
    pieces = write_vocabulary(base, pieces_to_keep(base, seen), folder, most=most)
    encoder = encoder_from(base, list(range(base.layers)))
    return Start(encoder, base.size, pieces, hashlib.sha256(base.memory).hexdigest())


def _from_transformers(base: str, folder: Path) -> Start:
    from transformers import AutoModel, AutoTokenizer, logging  # noqa: PLC0415  # slow to load

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModel.from_pretrained(base, attn_implementation=_attention())
    except (OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise OperatorError(f"--base {base}: cannot be loaded: {first}") from error
    _require_fit(base, tokenizer, model)
    tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    most = min(MOST_PIECES, _positions(model.config))
    pieces = {"most": most, "pad": int(tokenizer.pad_token_id)}
    return Start(HubEncoder(model.float()), model.config.hidden_size, pieces, base)


def _attention() -> str:
    """The fused form's way back is slow on processors, and fast on a GPU."""
    return "sdpa" if torch.cuda.is_available() else "eager"


def _require_fit(base: str, tokenizer: Any, model: nn.Module) -> None:
    if not tokenizer.is_fast or tokenizer.pad_token_id is None:
        raise OperatorError(
            f"--base {base}: its tokenizer has no {TOKENIZER} or no mark to pad with; "
            "wanted an encoder such as XLM-RoBERTa or mBERT"
        )
    numbers = sum(each.numel() for each in model.parameters())
    if numbers > _LARGEST:
        raise OperatorError(
            f"--base {base}: {numbers / 1e6:.0f} million numbers, wanted at most "
            f"{_LARGEST / 1e6:.0f} million, which is what one ONNX file holds"
        )


def _positions(config: Any) -> int:
    """How many pieces it can number; RoBERTa's kind begins to count after its padding mark."""
    return int(config.max_position_embeddings) - int(config.pad_token_id or 0) - 1
