"""Who may open a circuit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History


class CertificateKind(models.TextChoices):
    """EPA section 608 technician certificates (40 CFR 82.161)."""

    TYPE_I = "type_i", _("Type I (small appliances)")
    TYPE_II = "type_ii", _("Type II (high pressure)")
    TYPE_III = "type_iii", _("Type III (low pressure)")
    UNIVERSAL = "universal", _("Universal")


class TechnicianCertificate(models.Model):
    """A technician's EPA 608 certificate; it does not expire, but may be revoked."""

    technician = models.ForeignKey("fsm.User", models.PROTECT, related_name="+", verbose_name=_("technician"))
    kind = models.CharField(_("kind"), max_length=10, choices=CertificateKind)
    number = models.CharField(_("number"), max_length=40)
    issued_on = models.DateField(_("issued"))
    revoked_on = models.DateField(_("revoked"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["technician", "-issued_on"]
        constraints = [
            models.CheckConstraint(
                name="certificate_kind_is_known", condition=Q(kind__in=CertificateKind.values)
            ),
            models.CheckConstraint(
                name="certificate_revoked_after_issue",
                condition=Q(revoked_on__isnull=True) | Q(revoked_on__gte=models.F("issued_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
