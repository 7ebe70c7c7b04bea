from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

# What an app may offer to the kernel; each module registers itself on import.
OFFERS = ("references", "subscribers", "schedules", "operations", "deliveries", "panels", "finders", "traces", "demo")


class FsmConfig(AppConfig):
    """The kernel; on start it imports what every app offers, bottom floor first."""

    name = "fsm"
    verbose_name = "House"

    def ready(self) -> None:
        """Import the offers of every installed app."""
        autodiscover_modules(*OFFERS)
