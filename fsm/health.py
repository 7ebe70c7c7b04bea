"""Whether all is well: what is measured, from when on it is worrying, and what to do then."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from croniter import croniter
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max, Min, Q
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.models import Failure, OrmQ, Schedule

from .models import LiveEvent, OutboxRow, OutboxState, SafekeepingRun
from .tasks import schedules

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATE_START = 3 * MINUTE  # a schedule that should have begun this long ago
LIVE_LINE = "sightglass live"


class Verdict(StrEnum):
    """How a line of the page stands, the worst last."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Line:
    """One measure: what it is, how it stands, and what to do where it is not well."""

    label: str
    value: str
    verdict: Verdict = Verdict.OK
    advice: str = ""


@dataclass(frozen=True)
class Section:
    """Measures that belong together."""

    key: str
    title: str
    lines: list[Line]

    @property
    def verdict(self) -> Verdict:
        """The worst of its lines."""
        return worst(line.verdict for line in self.lines)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; nothing is well."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.OK)


def judged(value: Any, *, warn: Any, bad: Any) -> Verdict:
    """Bad from `bad` on, worrying from `warn` on; nothing measured is well."""
    if value is None or value < warn:
        return Verdict.OK
    return Verdict.BAD if value >= bad else Verdict.WARN


def span(length: timedelta | None) -> str:
    """4 s, 12 min, 5 h, 3 days."""
    if length is None:
        return "\N{EN DASH}"
    seconds = max(0, int(length.total_seconds()))
    if seconds < 120:
        return _("%(n)s s") % {"n": seconds}
    if seconds < 2 * 3600:
        return _("%(n)s min") % {"n": seconds // 60}
    if seconds < 2 * 86400:
        return _("%(n)s h") % {"n": seconds // 3600}
    return _("%(n)s days") % {"n": seconds // 86400}


# Ready to serve --------------------------------------------------------------------------------------


def readiness() -> dict[str, str]:
    """What a balancer asks before it sends anybody here: each part and "ok", or what is wrong with it."""
    found = {"database": "ok", "migrations": "ok", "cache": "ok"}
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            found["migrations"] = f"{len(waiting)} not applied"
    except DatabaseError:
        found |= {"database": "does not answer", "migrations": "unknown"}
    try:
        key, said = f"ready:{uuid4()}", str(uuid4())
        cache.set(key, said, 5)
        if cache.get(key) != said:
            found["cache"] = "forgets"
        cache.delete(key)
    except (OSError, DatabaseError):
        found["cache"] = "does not answer"
    return found


# The page --------------------------------------------------------------------------------------------


def examination(now: datetime) -> list[Section]:
    """Every measure, in a fixed number of queries."""
    facts = _database_facts()
    return [
        Section("database", _("Database"), _database(facts)),
        Section("work", _("Background work"), [*_queues(now), _failures(now)]),
        Section("clock", _("By the clock"), _schedules(now)),
        Section("outbox", _("Outbox"), _outbox(now)),
        Section("live", _("Live updates"), _live(facts, now)),
        Section("disk", _("Disk"), [_disk()]),
        Section("safekeeping", _("Backups"), _safekeeping(now)),
    ]


def _database_facts() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), count(*), current_setting('max_connections')::int,"
            " max(clock_timestamp() - xact_start) FILTER (WHERE pid <> pg_backend_pid()),"
            " count(*) FILTER (WHERE application_name = %s), current_setting('server_version')"
            " FROM pg_stat_activity WHERE datname = current_database()",
            [LIVE_LINE],
        )
        names = ("size", "connections", "most", "oldest", "listeners", "version")
        return dict(zip(names, cursor.fetchone(), strict=True))


def _database(facts: dict[str, Any]) -> list[Line]:
    share = 100 * facts["connections"] // facts["most"]
    return [
        Line(_("Server"), f"PostgreSQL {facts['version']}"),
        Line(_("Size"), filesizeformat(facts["size"])),
        Line(
            _("Connections"),
            _("%(n)s of %(most)s") % {"n": facts["connections"], "most": facts["most"]},
            judged(share, warn=70, bad=90),
            _("Lower the pool size of the web processes, or raise max_connections of the server."),
        ),
        Line(
            _("Oldest transaction"),
            span(facts["oldest"]),
            judged(facts["oldest"], warn=5 * MINUTE, bad=HOUR),
            _("Something holds rows for long: look into pg_stat_activity. A running backup is harmless."),
        ),
    ]


def _queues(now: datetime) -> list[Line]:
    rows = OrmQ.objects.filter(lock__lte=now).order_by().values("key")
    waiting = {row["key"]: row for row in rows.annotate(n=Count("pk"), oldest=Min("lock"))}
    lines = []
    for tier in settings.Q_TIERS:
        row = waiting.get(tier, {"n": 0, "oldest": None})
        lag = now - row["oldest"] if row["oldest"] else None
        patience = HOUR if tier == "analytical" else 2 * MINUTE
        told = ngettext(
            "%(n)s task waits, the oldest for %(lag)s", "%(n)s tasks wait, the oldest for %(lag)s", row["n"]
        )
        lines.append(
            Line(
                _("Queue %(tier)s") % {"tier": tier},
                told % {"n": row["n"], "lag": span(lag)} if lag is not None else _("Nothing waits"),
                judged(lag, warn=patience, bad=5 * patience),
                _("Its workers do not run or do not keep up: start or restart the cluster of this name."),
            )
        )
    return lines


def _failures(now: datetime) -> Line:
    counted = Failure.objects.filter(stopped__gte=now - DAY).aggregate(n=Count("pk"), last=Max("name"))
    return Line(
        _("Failed tasks, last 24 hours"),
        str(counted["n"]) + (f" ({counted['last']})" if counted["n"] else ""),
        judged(counted["n"], warn=1, bad=20),
        _("Look at the failures in the back office: each has the error and may be run again."),
    )


def _schedules(now: datetime) -> list[Line]:
    standing = {row.name: row for row in Schedule.objects.all()}
    lines = []
    for name, declared in sorted(schedules().items(), key=lambda item: (item[1].tier, item[0])):
        row = standing.get(name)
        label = name.rpartition(".")[2].replace("_", " ").capitalize()
        if row is None or row.next_run is None:
            advice = _("Run “manage.py sync_schedules”: the queue does not know it.")
            lines.append(Line(label, _("never"), Verdict.WARN, advice))
            continue
        late = now - row.next_run
        last: datetime = croniter(declared.cron, row.next_run).get_prev(datetime)
        told = _("begun %(ago)s ago") % {"ago": span(now - last)} if late < LATE_START else ""
        lines.append(
            Line(
                label,
                told or _("should have begun %(late)s ago") % {"late": span(late)},
                judged(late, warn=LATE_START, bad=10 * LATE_START),
                _("The cluster “%(tier)s” does not run: start it.") % {"tier": declared.tier},
            )
        )
    return lines


def _outbox(now: datetime) -> list[Line]:
    found = OutboxRow.objects.filter(state__in=[OutboxState.WAITING, OutboxState.FAILED]).aggregate(
        waiting=Count("pk", filter=Q(state=OutboxState.WAITING)),
        # A message that waits for the morning was not tried yet, and is not late.
        oldest=Min(
            "created_at",
            filter=Q(state=OutboxState.WAITING) & (Q(not_before__isnull=True) | Q(attempts__gt=0)),
        ),
        failed=Count("pk", filter=Q(state=OutboxState.FAILED)),
    )
    age = now - found["oldest"] if found["oldest"] else None
    told = f"{found['waiting']}" + (f", {_('oldest')} {span(age)}" if age is not None else "")
    return [
        Line(
            _("Waiting"),
            told,
            judged(age, warn=10 * MINUTE, bad=2 * HOUR),
            _("The outside refuses or is away: the outbox shows the last problem of each."),
        ),
        Line(
            _("Given up"),
            str(found["failed"]),
            judged(found["failed"], warn=1, bad=50),
            _("Look at each in the outbox: try again, or tell the customer another way."),
        ),
    ]


def _live(facts: dict[str, Any], now: datetime) -> list[Line]:
    last = LiveEvent.objects.aggregate(last=Max("created_at"))["last"]
    return [
        Line(
            _("Listening"),
            str(facts["listeners"]),
            Verdict.OK if facts["listeners"] else Verdict.WARN,
            _("No live process is connected: boards still work but show changes on reload only. Start it."),
        ),
        Line(_("Last change told"), _("%(ago)s ago") % {"ago": span(now - last)} if last else _("none yet")),
    ]


def _disk() -> Line:
    folder = Path(settings.DATA_DIR)
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    used = 100 - 100 * usage.free // usage.total
    return Line(
        _("Free where files are kept"),
        _("%(free)s of %(total)s")
        % {"free": filesizeformat(usage.free), "total": filesizeformat(usage.total)},
        judged(used, warn=85, bad=95),
        _("Make room or a larger disk: nothing can be saved when it is full."),
    )


def _safekeeping(now: datetime) -> list[Line]:
    runs = SafekeepingRun.objects.order_by().values("kind")
    last: dict[str, Any] = {
        row["kind"]: row["good"] for row in runs.annotate(good=Max("ended_at", filter=Q(is_good=True)))
    }
    limits = (
        ("backup", _("Last good backup"), 26 * HOUR, 7 * DAY, _("Run “manage.py backup” every night.")),
        ("drill", _("Last good restore drill"), 35 * DAY, 100 * DAY, _("Run “manage.py restore_drill”.")),
    )
    lines = []
    for kind, label, warn, bad, advice in limits:
        good = last.get(kind)
        told = _("%(ago)s ago") % {"ago": span(now - good)} if good else _("never")
        verdict = judged(now - good, warn=warn, bad=bad) if good else Verdict.WARN
        lines.append(Line(label, told, verdict, advice))
    return lines
