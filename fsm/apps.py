from typing import Any

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

# What an app may offer to the kernel; each module registers itself on import.
OFFERS = (
    "references",
    "subscribers",
    "schedules",
    "operations",
    "deliveries",
    "reviews",
    "ownership",
    "movers",
    "panels",
    "reports",
    "evidence",
    "timelines",
    "finders",
    "traces",
    "demo",
)


class FsmConfig(AppConfig):
    """The kernel; on start it imports what every app offers, bottom floor first."""

    name = "fsm"
    verbose_name = "House"

    def ready(self) -> None:
        """Import the offers of every installed app; let signing in leave no version of the person behind."""
        from django.contrib.auth.models import update_last_login
        from django.contrib.auth.signals import user_logged_in

        user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")
        user_logged_in.connect(remember_log_in, dispatch_uid="fsm.remember_log_in")
        autodiscover_modules(*OFFERS)


def remember_log_in(sender: Any, user: Any, **kwargs: Any) -> None:
    """When somebody signed in last: not a change of the person."""
    from .clock import now

    user.last_login = now()
    user.save_without_historical_record(update_fields=["last_login"])
