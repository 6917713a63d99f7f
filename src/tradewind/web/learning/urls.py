"""The addresses of learning."""

from __future__ import annotations

from django.urls import path

from tradewind.web.learning import bench, models, review, tasks

_TASK = "tasks/<int:task_id>/"
_MODEL = "models/<slug:model>/"

urlpatterns = [
    path("", tasks.tasks, name="learning"),
    path("tasks/new/", tasks.new, name="learning_task_new"),
    path("tasks/import/", tasks.take_in, name="learning_import"),
    path("leaves/", tasks.move, name="learning_move"),
    path(_TASK, tasks.task, name="learning_task"),
    path(f"{_TASK}state/", tasks.set_state, name="learning_state"),
    path(f"{_TASK}labels.jsonl", tasks.export, name="learning_export"),
    path(f"{_TASK}label/", bench.label, name="learning_label"),
    path(f"{_TASK}undo/", bench.undo, name="learning_undo"),
    path(f"{_TASK}settle/", review.settle, name="learning_settle"),
    path("models/", models.models, name="learning_models"),
    path("back/", models.back, name="learning_back"),
    path("no-challenger/", models.end_challenge, name="learning_end_challenge"),
    path(_MODEL, models.model, name="learning_model"),
    path(f"{_MODEL}use/", models.use, name="learning_use"),
    path(f"{_MODEL}challenge/", models.challenge, name="learning_challenge"),
]
