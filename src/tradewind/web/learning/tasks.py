"""Label tasks: the list, a new one, one with its figures; in and out as JSONL."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from tradewind.identity.roles import Right
from tradewind.learning import agreement, labelling, moving
from tradewind.learning import tasks as learning
from tradewind.learning.models import LabelTask
from tradewind.triage import problem_map
from tradewind.web.auth import screen
from tradewind.web.inbox.choices import leaf_of
from tradewind.web.inbox.happenings import field_words
from tradewind.web.learning.places import page, tried
from tradewind.web.middleware import DeskRequest
from tradewind.web.rows import problem_labels
from tradewind.web.settings_pages.places import try_saving

_WAYS = [
    ("least_sure", _("those the reader is least sure of")),
    ("random", _("a sample by chance")),
    ("newest", _("the newest")),
]
_LABELLERS = [(1, _("one person")), (2, _("two, blind")), (3, _("three, blind"))]


def leaf_choices() -> list[tuple[str, str]]:
    """The leaves in use in the words of the person who looks."""
    labels = problem_labels()
    codes = problem_map.codes_of(problem_map.current_map())
    return [(code, leaf_of(code, labels)) for code in codes]


def _leaves_or_any() -> list[tuple[str, Any]]:
    return [("", _("any")), *leaf_choices()]


class TaskForm(forms.Form):
    """A new task."""

    name = forms.CharField(label=_("Name"), max_length=80)
    how = forms.ChoiceField(label=_("Which messages"), choices=_WAYS)
    count = forms.IntegerField(
        label=_("How many"), min_value=1, max_value=learning.MOST, initial=100
    )
    language = forms.CharField(
        label=_("Only in this language"),
        max_length=12,
        required=False,
        help_text=_("A code such as de or pt-BR, as the reader named it."),
    )
    intent = forms.ChoiceField(
        label=_("Only read as this problem"), choices=_leaves_or_any, required=False
    )
    labellers = forms.TypedChoiceField(
        label=_("Labelled by"),
        coerce=int,
        choices=_LABELLERS,
        initial=2,
        help_text=_("Blind: nobody sees what the others said before all have."),
    )


class ImportForm(forms.Form):
    """Texts or labels from a file."""

    name = forms.CharField(label=_("Name"), max_length=80)
    file = forms.FileField(
        label=_("File"),
        help_text=_("JSONL: “text” in every line; lines with “intent” count as labelled."),
    )
    labellers = forms.TypedChoiceField(
        label=_("Labelled by"), coerce=int, choices=_LABELLERS, initial=2
    )


@screen(Right.LABEL)
def tasks(request: DeskRequest) -> HttpResponse:
    """Every task with how far it is; for who manages, the labels whose leaf has gone."""
    found = list(learning.visible_to(request.actor).select_related("created_by"))
    progress = learning.progress_of(found)
    gone = moving.leaves_gone() if request.actor.may(Right.MANAGE_LEARNING) else []
    return page(
        request,
        "tasks",
        rows=[(task, progress[task.pk]) for task in found],
        ways=dict(_WAYS),
        gone=gone,
        leaves=leaf_choices() if gone else [],
    )


@screen(Right.MANAGE_LEARNING)
def new(request: DeskRequest) -> HttpResponse:
    """Choose messages for a new task."""
    form = TaskForm(request.POST if request.method == "POST" else None)
    made: list[LabelTask] = []
    if form.is_bound and try_saving(form, lambda: made.append(_make(request, form))):
        return redirect("learning_task", made[0].pk)
    return page(request, "new", form=form, import_form=ImportForm(prefix="import"))


def _make(request: DeskRequest, form: forms.Form) -> LabelTask:
    given = dict(form.cleaned_data)
    name = given.pop("name")
    # The number of tasks so far: another sample each time, the same one on a second try.
    seed = learning.visible_to(request.actor).count()
    return learning.make_task(request.actor, name, learning.Wish(**given, seed=seed))


@require_POST
@screen(Right.MANAGE_LEARNING)
def take_in(request: DeskRequest) -> HttpResponse:
    """Make a task of a file."""
    form = ImportForm(request.POST, request.FILES, prefix="import")
    made: list[LabelTask] = []
    if try_saving(form, lambda: made.append(_take_in(request, form))):
        return redirect("learning_task", made[0].pk)
    return page(request, "new", form=TaskForm(), import_form=form)


def _take_in(request: DeskRequest, form: forms.Form) -> LabelTask:
    given = form.cleaned_data
    lines = given["file"].read().splitlines()
    return learning.take_in(request.actor, given["name"], lines, labellers=given["labellers"])


@screen(Right.LABEL)
def task(request: DeskRequest, task_id: int) -> HttpResponse:
    """One task: how far, who, how much people agree."""
    found = learning.get_task(request.actor, task_id)
    manages = request.actor.may(Right.MANAGE_LEARNING)
    words = field_words()
    return page(
        request,
        "task",
        task=found,
        progress=learning.progress_of([found])[found.pk],
        left=labelling.waiting_for(request.actor, found).count(),
        to_settle=labelling.to_settle(request.actor, found).count() if manages else 0,
        ways=dict(_WAYS),
        agreements=[
            (words[each.field], each) for each in agreement.agreement_of(request.actor, found)
        ],
        labellers=agreement.labellers_of(request.actor, found),
    )


@require_POST
@screen(Right.MANAGE_LEARNING)
def set_state(request: DeskRequest, task_id: int) -> HttpResponse:
    """Close a task or open it again."""
    found = learning.get_task(request.actor, task_id)
    state = request.POST.get("state", "")
    said = _("The task is closed.") if state == "closed" else _("The task is open again.")
    return tried(
        request,
        lambda: learning.set_state(request.actor, found, state),
        said,
        "learning_task",
        task_id,
    )


@require_GET
@screen(Right.MANAGE_LEARNING)
def export(request: DeskRequest, task_id: int) -> HttpResponse:
    """What counts of a task, as JSONL."""
    found = learning.get_task(request.actor, task_id)
    lines = b"".join(learning.export(request.actor, found))
    answer = HttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="labels-{task_id}.jsonl"'
    return answer


@require_POST
@screen(Right.MANAGE_LEARNING)
def move(request: DeskRequest) -> HttpResponse:
    """Have the labels of a leaf that has gone say another."""
    was, now = request.POST.get("was", ""), request.POST.get("now", "")
    return tried(
        request,
        lambda: moving.move_leaf(request.actor, was, now),
        _("The labels say the new leaf now."),
        "learning",
    )
