"""Small encoders of random weights, in the forms that lessons start from."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tradewind.nlp.encoder.vocabulary import BLOCK, BLOCK_SIZE

SIZE, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 4, 64, 40
MARKS = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["quibberish", "flommeldap", "zorblat", "please", "refund"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def write_xlm_roberta(folder: Path) -> Path:
    """A base shaped like XLM-RoBERTa: pieces with chances, places counted after the padding."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import XLMRobertaConfig, XLMRobertaModel

    pieces = [*MARKS, *(f"▁{word}" for word in WORDS), "▁", *LETTERS]
    chances = [0.0] * len(MARKS) + [-2.0] * len(WORDS) + [-8.0] * (1 + len(LETTERS))
    made = Tokenizer(models.Unigram(list(zip(pieces, chances, strict=True)), unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    marks = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>"}
    config = XLMRobertaConfig(pad_token_id=1, **_sizes(len(pieces)))
    return _write(folder, made, marks | {"unk": "<unk>"}, XLMRobertaModel(config))


def write_bert(folder: Path) -> Path:
    """A base shaped like multilingual BERT: WordPiece."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *LETTERS, *(f"##{c}" for c in LETTERS)]
    vocabulary = {piece: n for n, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    marks = {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "unk": "[UNK]"}
    return _write(folder, made, marks, BertModel(BertConfig(**_sizes(len(pieces)))))


def _sizes(pieces: int) -> dict[str, int]:
    return {
        "vocab_size": pieces,
        "hidden_size": SIZE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "max_position_embeddings": POSITIONS,
    }


def _write(folder: Path, tokenizer: object, marks: dict[str, str], model: object) -> Path:
    from transformers import PreTrainedTokenizerFast

    given = {f"{name}_token": mark for name, mark in marks.items()}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **given).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def write_ours(path: Path) -> Path:
    """A base in the form of the shipped encoder's, with pieces of the test's words and letters."""
    pieces = [*MARKS, *(f"▁{word}" for word in WORDS), "▁", *LETTERS]
    chances = np.array([0.0] * 4 + [-2.0] * len(WORDS) + [-8.0] * (1 + len(LETTERS)), "<f4")
    encoded = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    head = b"E5S1\0\0\0\0" + struct.pack(
        "<7ifi5i", *(SIZE, LAYERS, HEADS, INNER, len(pieces), POSITIONS, 1), 1e-12, 32,
        *(len(pieces), 0, 2, 1, 3),
    )  # fmt: skip
    letters = b"".join(encoded)
    head += struct.pack("<Q", len(letters)) + offsets.tobytes() + chances.tobytes() + letters
    head += struct.pack("<iI", 0, 0)
    tensors = list(_tensors(len(pieces)))
    directory = sum(2 + len(name) + struct.calcsize("<BIQQ") for name, _, _ in tensors)
    at = len(head) + 4 + directory
    head += struct.pack("<i", len(tensors))
    for name, count, data in tensors:
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", 0, count, at, len(data))
        at += len(data)
    path.write_bytes(head + b"".join(data for _, _, data in tensors))
    return path


def _tensors(pieces: int) -> Iterable[tuple[str, int, bytes]]:
    chance = np.random.default_rng(1)

    def full(name: str, numbers: np.ndarray) -> tuple[str, int, bytes]:
        return name, numbers.size, numbers.astype("<f4").tobytes()

    def packed(name: str, rows: int, columns: int, spread: float) -> tuple[str, int, bytes]:
        numbers = chance.normal(0, spread, (rows * columns // BLOCK_SIZE, BLOCK_SIZE))
        blocks = np.zeros(len(numbers), BLOCK)
        blocks["scale"] = np.abs(numbers).max(1) / 7
        nibbles = np.rint(numbers / blocks["scale"].astype(float)[:, None]).clip(-8, 7) + 8
        low, high = nibbles[:, :16].astype("u1"), nibbles[:, 16:].astype("u1")
        blocks["nibbles"] = low | high << 4
        return name, rows * columns, blocks.tobytes()

    yield packed("emb.word", pieces, SIZE, 1.0)
    yield full("emb.pos", chance.normal(0, 0.02, POSITIONS * SIZE))
    yield full("emb.type", np.zeros(SIZE))
    yield full("emb.ln.w", np.ones(SIZE))
    yield full("emb.ln.b", np.zeros(SIZE))
    for layer in range(LAYERS):
        shapes = {"q": (SIZE, SIZE), "k": (SIZE, SIZE), "v": (SIZE, SIZE), "ao": (SIZE, SIZE)}
        for name, (rows, columns) in (shapes | {"fi": (INNER, SIZE), "fo": (SIZE, INNER)}).items():
            yield packed(f"l{layer}.{name}.w", rows, columns, 0.1)
            yield full(f"l{layer}.{name}.b", np.zeros(rows))
        for name in ("aln", "oln"):
            yield full(f"l{layer}.{name}.w", np.ones(SIZE))
            yield full(f"l{layer}.{name}.b", np.zeros(SIZE))
