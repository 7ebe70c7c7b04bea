"""Puts the house's own site in the place of Django's; named in the settings as an installed app."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class HouseAdminConfig(AdminConfig):
    """Django's admin with our log-in page, our capabilities and our models only."""

    default_site = "fsm.admin_base.HouseSite"

    def ready(self) -> None:
        """Let every app register what it wants shown its way, then show the rest plainly."""
        super().ready()
        from .admin_base import register_the_rest

        register_the_rest()
