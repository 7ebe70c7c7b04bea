from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OpenedItem(models.Model):
    """Something a person opened lately, by its reference: their own list, on whatever device."""

    user = models.ForeignKey("fsm.User", models.CASCADE, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=40)
    uuid = models.UUIDField()
    detail = models.CharField(_("detail"), max_length=120, blank=True)
    opened_at = models.DateTimeField(_("opened"))

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(name="opened_once", fields=["user", "kind", "uuid"])]

    def __str__(self) -> str:
        return f"{self.kind}:{self.uuid}"
