"""What one may choose when an encoder is fine-tuned on labels of one's own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tradewind.core.errors import OperatorError

BUILT_IN = "builtin"
"""The base that the shipped encoder was made from."""
LOSSES = ("cross-entropy", "focal")
_FOCUS = 2.0
"""Lin et al. 2017 found this the best of what they tried."""
OWN_RATE, HUB_RATE = 1.5e-4, 3e-5


@dataclass(frozen=True, slots=True)
class Tuning:
    """The defaults suit some thousand texts. ``rate`` None: what suits the base."""

    base: str = BUILT_IN
    epochs: int = 5
    batch: int = 16
    rate: float | None = None
    loss: str = "cross-entropy"
    class_weights: bool = False
    patience: int = 2
    seed: int = 7

    @property
    def focus(self) -> float:
        """The focal loss's exponent; 0 is cross entropy."""
        return _FOCUS if self.loss == "focal" else 0.0

    @property
    def chosen_rate(self) -> float:
        """How fast to learn."""
        return self.rate or (OWN_RATE if is_ours(self.base) else HUB_RATE)

    def as_dict(self) -> dict[str, Any]:
        """All of it, for a card; of a base's path only the last part."""
        return asdict(self) | {"base": self.base.rstrip("/").rpartition("/")[2] or self.base}


def is_ours(base: str) -> bool:
    """Whether a base is of the built-in form: itself, or a file of the same kind."""
    return base == BUILT_IN or Path(base).is_file()


def require_libraries(*, base: str) -> None:
    """Refuse in a sentence a base that the packages installed cannot teach."""
    needed = ["torch", "onnx", *([] if is_ours(base) else ["transformers", "tokenizers"])]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise OperatorError(
            f"teaching a transformer needs {', '.join(missing)}: pip install 'tradewind[train]'"
        )
