from __future__ import annotations

from django.db import models


class LiveEvent(models.Model):
    """Something on a page changed: topic, what, which version. Clients fetch the rest themselves.

    `position` is given by a trigger at commit, under an advisory lock, so that positions rise in commit order
    and the lock is the last one any transaction takes.
    """

    topic = models.CharField(max_length=40)
    kind = models.CharField(max_length=30)
    uuid = models.UUIDField()
    version = models.BigIntegerField(default=0)
    position = models.BigIntegerField(null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.topic} {self.kind}:{self.uuid} v{self.version}"
