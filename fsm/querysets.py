"""What many querysets share."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models

from .permissions import May, allowed

M = TypeVar("M", bound=models.Model)


class OfficeQuerySet(models.QuerySet[M]):
    """Rows that office roles see, within the branches a person is limited to.

    Subclasses name the capability and the path to the branch ("" where the row has none).
    """

    capability: May
    branch_path = "branch"

    def visible_to(self, user: Any) -> Self:
        """What this person may see; not theirs is as good as not there."""
        if not allowed(user, self.capability):
            return self.none()
        if self.branch_path and user.branch_ids:
            return self.filter(**{f"{self.branch_path}__in": user.branch_ids})
        return self
