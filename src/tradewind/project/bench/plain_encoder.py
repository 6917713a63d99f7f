"""A plain XLM-RoBERTa-base forward pass, to hold the cascade's speed against."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec

from tradewind.nlp.contract import Text
from tradewind.nlp.encoder.reader import shipped_network

_SIZE, _HEADS, _INNER, _LAYERS = 768, 12, 3072, 12
"""Conneau et al. 2020. What the weights are makes no difference to the time, so they are random."""


def plain_encoder_speed(texts: Sequence[Text]) -> float | None:
    """Texts a second, one by one on one core in float32; None where PyTorch is not installed.

    Vectors of pieces are made up: cutting and looking up pieces is not counted against it.
    """
    network = shipped_network()
    if find_spec("torch") is None or network is None:
        return None
    import torch  # noqa: PLC0415  # only the extra `train` brings it
    from torch import nn  # noqa: PLC0415

    torch.set_num_threads(1)
    layer = nn.TransformerEncoderLayer(
        _SIZE, _HEADS, _INNER, activation="gelu", batch_first=True, dropout=0.0
    )
    encoder = nn.TransformerEncoder(layer, _LAYERS).eval()
    lengths = [len(network.score(text.text).spans) for text in texts]
    with torch.inference_mode():
        encoder(torch.zeros(1, 8, _SIZE))
        begun = time.process_time()
        for length in lengths:
            encoder(torch.zeros(1, length, _SIZE))
        return len(texts) / (time.process_time() - begun)
