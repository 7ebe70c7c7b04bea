"""What a worker does, in the test's own thread."""

from __future__ import annotations

from django.utils.module_loading import import_string
from django_q.models import OrmQ


def run_queued_tasks() -> list[str]:
    """Run every queued task, oldest first, and those that these queue; returns their names."""
    ran = []
    while (row := OrmQ.objects.order_by("pk").first()) is not None:
        task = row.task
        row.delete()
        function = task["func"]
        function = import_string(function) if isinstance(function, str) else function
        function(*task["args"], **(task["kwargs"] or {}))
        ran.append(task["args"][0] if task["args"] else str(task["func"]))
    return ran
