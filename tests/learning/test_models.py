"""The registry: who reads, from when on, and back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import orjson
import pytest
from click.testing import CliRunner

from tests.learning.conftest import arrived, teach
from tradewind.identity.errors import Conflict, NotAllowed, NotFound
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Message, Pending
from tradewind.journey import afterthought
from tradewind.learning import services as learning
from tradewind.learning import teaching, trials
from tradewind.learning.models import Trial
from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.contract import Text
from tradewind.triage import services as triage

FLOMM = "Please flommeldap zorblat 5"


def _intent(text: str) -> tuple[str, str]:
    (reading,) = learning.reader_in_use().read([Text(text)])
    return reading.intent, reading.model


def test_without_a_choice_the_shipped_reader_reads(desk):
    assert learning.reader_in_use() is default_cascade()


def test_a_desk_without_the_encoder_reads_what_it_can_without(desk, settings):
    settings.ENV = replace(settings.ENV, encoder=False)
    text = "hmm, so when you said friday, which year did you have in mind"
    (reading,) = learning.in_use().reader.read([Text(text)])
    assert reading.model.startswith("linear")
    (full,) = default_cascade().read([Text(text)])
    assert full.model.startswith("encoder")


def test_the_shipped_reader_brings_the_report_of_what_ships(desk, settings):
    report = learning.registry().get("built-in").report
    # Of these versions, not of some before: it is made anew with them (models/README.md).
    assert set(report["stages"]) == set(default_cascade().version.split("+"))
    assert report["figures"]["intent"] > 0.8
    settings.ENV = replace(settings.ENV, encoder=False)
    assert learning.registry().get("built-in").report is None


def test_a_champion_reads_from_the_next_batch_on_and_one_step_leads_back(desk, network):
    teach("first", network)
    before = _intent(FLOMM)
    learning.use_model(desk.lena, "first")
    assert _intent(FLOMM) == ("order.cancel", "first")
    learning.back(desk.lena)
    assert _intent(FLOMM) == before
    with pytest.raises(Conflict, match="no champion before"):
        learning.back(desk.lena)


def test_the_champions_problem_is_shown_with_its_words_and_moods_stay(desk, network):
    teach("first", network)
    learning.use_model(desk.lena, "first")
    text = "I am furious!! flommeldap, my lawyer will sue you"
    (was,) = default_cascade().read([Text(text)])
    (now,) = learning.reader_in_use().read([Text(text)])
    assert (now.emotion, now.threats, now.entities) == (was.emotion, was.threats, was.entities)
    shown = {text[each.start : each.end] for each in now.evidence if each.label == "order.cancel"}
    assert "flommeldap" in shown


def test_alone_and_in_a_batch_it_reads_the_same(desk, network):
    teach("first", network)
    learning.use_model(desk.lena, "first")
    texts = [Text(t) for t in (FLOMM, "quibberish", "", "🙂", "Where is my parcel?")]
    reader = learning.reader_in_use()
    assert reader.read(texts) == [reader.read([text])[0] for text in texts]


def test_another_process_that_chose_is_heeded(desk, network):
    teach("first", network)
    _intent(FLOMM)
    learning.registry().use("first")  # as `tradewind models use` does beside the desk
    assert _intent(FLOMM)[1] == "first"


def test_another_workspace_has_its_own_models(desk, network):
    teach("first", network)
    learning.use_model(desk.lena, "first")
    with in_workspace(desk.other.pk):
        assert learning.reader_in_use() is default_cascade()
        with pytest.raises(NotFound):
            learning.use_model(desk.charlie, "first")


def test_a_model_of_strange_labels_cannot_become_champion(desk, network):
    teach("moods", network, {"quibberish": "glad", "flommeldap": "sad"})
    with pytest.raises(Conflict, match="no leaves of the problem map: glad, sad"):
        learning.use_model(desk.lena, "moods")


def test_a_champion_of_another_encoder_leaves_the_desk_reading(desk, network):
    teach("first", network)
    learning.use_model(desk.lena, "first")
    path = learning.registry().folder_of("first") / "card.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"encoder": "other"}))
    learning._kept.clear()
    assert learning.reader_in_use() is default_cascade()
    with pytest.raises(Conflict, match="train it anew"):
        learning.challenge(desk.lena, "first")


def _gone(folder):
    shutil.rmtree(folder)


def _cut_off(folder):
    weights = folder / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:500])


def _card_cut_off(folder):
    card = folder / "card.json"
    card.write_bytes(card.read_bytes()[:20])


@pytest.mark.parametrize("harm", [_gone, _cut_off, _card_cut_off])
def test_a_champion_that_went_or_was_damaged_leaves_the_desk_reading(desk, network, harm):
    teach("first", network)
    learning.use_model(desk.lena, "first")
    harm(learning.registry().folder_of("first"))
    learning._kept.clear()
    arrived(desk, FLOMM)
    afterthought.catch_up()
    assert not Pending.objects.exists()
    shown = triage.readings_of([Message.objects.get().pk])
    assert [each["model"] for each in shown.values()] != ["first"]
    with pytest.raises(Conflict, match="cannot be read"):
        learning.get_reader("first")


def test_a_model_that_is_being_taken_in_is_not_listed(desk, network):
    teach("first", network)
    folder = learning.registry().folder_of("first")
    shutil.copytree(folder, folder.with_name(".second.part"))
    assert [entry.name for entry in learning.registry().entries()] == ["first", "built-in"]


def test_a_damaged_model_is_listed_by_its_name_alone(desk, network):
    teach("first", network)
    _card_cut_off(learning.registry().folder_of("first"))
    damaged, _ = learning.registry().entries()
    assert (damaged.name, damaged.card) == ("first", {})
    with pytest.raises(Conflict, match="cannot be read"):
        learning.use_model(desk.lena, "first")


@pytest.mark.parametrize("name", ["../first", "built-in", "First", "", "registry.json"])
def test_a_bad_name_is_refused(desk, name):
    with pytest.raises(Exception, match="wanted a"):
        learning.registry().folder_for(name)


def test_a_name_is_never_given_twice(desk, network):
    teach("first", network)
    with pytest.raises(Conflict, match="already"):
        teach("first", network)


def test_a_lesson_broken_off_goes_on_under_its_name_and_is_no_model_yet(desk, network, tmp_path):
    models = learning.registry()
    (models.folder_for("first") / "state").mkdir(parents=True)
    assert [entry.name for entry in models.entries()] == ["built-in"]
    teach("brought", network)
    with pytest.raises(Conflict, match="a lesson of “first” is not over"):
        models.add("first", models.folder_of("brought"))
    teach("first", network)
    assert not (models.folder_of("first") / "state").exists()
    with pytest.raises(Conflict, match="already"):
        models.folder_for("first")


def test_an_agent_chooses_no_model(desk, network):
    teach("first", network)
    for deed in (learning.use_model, learning.challenge):
        with pytest.raises(NotAllowed):
            deed(desk.bob, "first")
    with pytest.raises(NotAllowed):
        learning.back(desk.bob)


def test_the_journey_reads_with_the_champion(desk, network):
    teach("first", network)
    learning.use_model(desk.lena, "first")
    arrived(desk, FLOMM)
    afterthought.catch_up()
    shown = triage.readings_of([Message.objects.get().pk])
    assert [each["model"] for each in shown.values()] == ["first"]


def test_a_challengers_word_is_kept_compared_and_not_shown(desk, network):
    teach("second", network)
    learning.challenge(desk.lena, "second")
    arrived(desk, FLOMM, "Where is my parcel? It is three weeks late")
    afterthought.catch_up()
    message = Message.objects.get(text=FLOMM)
    assert Trial.objects.get(message=message).intent == "order.cancel"
    shown = triage.readings_of([message.pk])[message.pk]
    assert shown["model"] != "second"
    triage.correct(desk.bob, message, field="intent", now="order.cancel")
    told = trials.standoff("second")
    assert (told.messages, told.corrected, told.challenger_right) == (2, 1, 1)
    assert told.champion_right == (shown["intent"] == "order.cancel")


def test_corrections_and_our_corpus_are_what_a_model_learns_from(desk):
    arrived(desk, "gribble one", "gribble two")
    first, second = Message.objects.order_by("id")
    for now in ("order.cancel", "order.invoice"):
        triage.correct(desk.bob, first, field="intent", now=now)
    triage.correct(desk.bob, second, field="emotion", now="angry")
    found = teaching.lessons()
    assert [(e.text, e.label) for e in found.said] == [("gribble one", "order.invoice")]
    assert len(found.shipped) > 1000


def test_a_judged_model_keeps_its_report(desk, network, monkeypatch):
    rows = [row for row in teaching.held_out() if row.group == "en"]
    monkeypatch.setattr(teaching, "held_out", lambda: rows)
    teach("first", network)
    report = teaching.judge("first")
    assert report["messages"] == len(rows)
    assert learning.registry().get("first").report == report
    assert {entry.name for entry in learning.registry().entries()} == {"first", "built-in"}


def test_the_command_line_lists_uses_and_goes_back(desk, network, monkeypatch):
    from tradewind.project.cli import models as cli

    class Inside:
        def __call__(self, workspace: str | None = None) -> SimpleNamespace:
            return in_workspace(desk.workspace.pk)

    monkeypatch.setattr(cli, "entered", Inside())
    teach("first", network)
    ask = CliRunner().invoke
    assert "champion: first" in ask(cli.models_command, ["use", "first"]).output
    listed = ask(cli.models_command, ["list"]).output
    assert next(line.split()[:2] for line in listed.splitlines()[1:]) == ["first", "champion"]
    assert "examples" in ask(cli.models_command, ["show", "first"]).output
    assert "champion: built-in" in ask(cli.models_command, ["back"]).output
    assert "challenger: first" in ask(cli.models_command, ["challenge", "first"]).output
    assert "challenger: none" in ask(cli.models_command, ["challenge"]).output


def test_a_model_taught_elsewhere_is_taken_in_under_its_new_name(desk, network, tmp_path):
    teach("first", network)
    source = learning.registry().folder_of("first")
    source.rename(tmp_path / "brought")
    entry = learning.registry().add("brought", tmp_path / "brought")
    assert entry.card["version"] == "brought"
    learning.use_model(desk.lena, "brought")
    assert _intent(FLOMM)[1] == "brought"
