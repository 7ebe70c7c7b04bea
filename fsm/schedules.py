"""What the kernel does on a clock."""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django_q.models import Success

from . import outbox
from .clock import now as clock_now
from .escalation import escalate_reviews
from .models import ApiQuota, ApiRequest, LiveEvent
from .sign_ins import forget_old_sign_ins
from .tasks import recurring
from .trace import unattributed

logger = logging.getLogger(__name__)
LIVE_EVENTS_KEPT = timedelta(hours=48)
API_ANSWERS_KEPT = timedelta(days=30)


@recurring("17 * * * *", tier="analytical")
def prune_live_events() -> None:
    """Forget live events older than two days; a client that was away longer is told to reload."""
    LiveEvent.objects.filter(created_at__lt=clock_now() - LIVE_EVENTS_KEPT).delete()


@recurring("27 3 * * *", tier="analytical")
def prune_task_results() -> None:
    """Forget successful task results older than two days; failures stay until somebody looks."""
    Success.objects.filter(stopped__lt=clock_now() - LIVE_EVENTS_KEPT).delete()


@recurring("37 3 * * *", tier="analytical")
def forget_old_sessions() -> None:
    """Forget sessions that have ended, and where people were signed in a quarter of a year ago."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    forget_old_sign_ins(clock_now())


@recurring("47 3 * * *", tier="analytical")
def report_unattributed_rows() -> None:
    """Count the history rows that do not say where they came from, and say so in the log."""
    for label, count in unattributed().items():
        logger.error("%s has %s unattributed history rows.", label, count)


@recurring("*/15 * * * *")
def escalate_overdue_reviews() -> None:
    """Proposals past their limit are passed on to whoever answers for the data, each once."""
    escalate_reviews(now=clock_now())


@recurring("57 3 * * *", tier="analytical")
def forget_old_api_answers() -> None:
    """Forget how programs' requests were answered a month ago, and quotas that are full again."""
    now = clock_now()
    ApiRequest.objects.filter(received_at__lt=now - API_ANSWERS_KEPT).delete()
    ApiQuota.objects.filter(full_at__lt=now - LIVE_EVENTS_KEPT).delete()


__all__ = [
    "escalate_overdue_reviews",
    "forget_old_api_answers",
    "forget_old_sessions",
    "outbox",
    "prune_live_events",
    "prune_task_results",
    "report_unattributed_rows",
]
