"""A model taught on a public set stays as good as it was; `make evaluate` does the large ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.nlp.training.public import PublicSet, judge_public, public_sets, teach_built_in

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    "public", [each for each in public_sets() if each.quick], ids=lambda each: each.name
)
def test_what_is_taught_on_a_public_set_holds(public: PublicSet) -> None:
    if not public.is_in(DATA):
        pytest.skip(f"{public.name} is not beside this checkout (../shared/data)")
    outcome = judge_public(public, DATA, teach_built_in)
    assert outcome.value >= public.least
