from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tradewind.core import ids, metrics
from tradewind.core.clock import now
from tradewind.core.problems import Problem
from tradewind.core.registry import Registry


def sample(name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(metrics.render().decode()):
        for each in family.samples:
            if each.name == name and labels.items() <= each.labels.items():
                return each.value
    return None


def test_a_problem_knows_its_status_and_carries_its_own_members():
    problem = Problem(status=422, title="Not valid", detail="text is missing", field="text")
    assert problem.as_dict(instance="/api/v1/messages") == {
        "type": "about:blank",
        "title": "Not valid",
        "status": 422,
        "detail": "text is missing",
        "instance": "/api/v1/messages",
        "field": "text",
    }
    assert str(problem) == "text is missing"


def test_a_problems_own_members_never_replace_the_standard_ones():
    assert Problem(status=404, title="Not found", instance="x").as_dict()["status"] == 404


def test_a_registry_refuses_a_second_thing_of_a_name_and_lists_what_it_knows():
    things: Registry[str] = Registry("reader")
    things.add("rules", "a")
    things.add("rules", "a")  # the same again is no second
    with pytest.raises(ValueError, match="already a reader named 'rules'"):
        things.add("rules", "b")
    with pytest.raises(KeyError, match="known: rules"):
        things.get("rulez")
    assert things.find("rulez") is None
    assert things.items() == [("rules", "a")]


def test_ids_sort_by_time_and_do_not_repeat():
    given = [ids.ordered() for _ in range(1000)]
    assert len(set(given)) == 1000
    assert {each.version for each in given} == {7}
    assert given[0].int >> 80 <= given[-1].int >> 80
    assert len({ids.unguessable(prefix="tw_") for _ in range(100)}) == 100


def test_the_time_is_aware():
    assert now().utcoffset().total_seconds() == 0


def test_counters_and_figures_stand_side_by_side():
    count = metrics.counter("test_things", "Things of this test.", labels=("kind",))
    count.labels(kind="a").inc(3)

    @metrics.figure("test_waiting", "Waiting, as the tables have it.")
    def waiting():
        return [metrics.Figure(5, {"queue": "send"}), metrics.Figure(2, {"queue": "poll"})]

    assert sample("tradewind_test_things_total", kind="a") == 3
    assert sample("tradewind_test_waiting", queue="poll") == 2


def test_a_figure_that_cannot_be_read_hides_no_other():
    @metrics.figure("test_broken", "Cannot be read.")
    def broken():
        raise RuntimeError("no database")

    @metrics.figure("test_whole", "Can be read.")
    def whole():
        return [metrics.Figure(1)]

    assert sample("tradewind_test_whole") == 1
    assert sample("tradewind_test_broken") is None
