"""The interpretive choices I1 to I13: where the rules leave a question open, what we answer, and what else
one may. None is legal advice; the owner or operator makes the final determination.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .words import Sentence, _


class LastAddition(StrEnum):
    """I1."""

    ANY = "any"
    CALCULATED = "calculated"


class FirstUnder84(StrEnum):
    """I2."""

    DAYS_365 = "days_365"
    REAL_DAYS = "real_days"


class FirstUnder82(StrEnum):
    """I3."""

    SINCE_INSTALLATION = "since_installation"


class SameDay(StrEnum):
    """I4."""

    MERGED = "merged"


class SameLeak(StrEnum):
    """I5."""

    LINKED = "linked"
    UNLINKED = "unlinked"


class Returned(StrEnum):
    """I6."""

    NET = "net"
    COUNTED = "counted"


class TestDay(StrEnum):
    """I7."""

    __test__ = False  # not a test of ours

    BY_TIME = "by_time"


class AfterRetrofit(StrEnum):
    """I8."""

    NEW_HISTORY = "new_history"


class SeasonalExcess(StrEnum):
    """I9."""

    EXCESS = "excess"
    WHOLE = "whole"


class RollingFloor(StrEnum):
    """I10."""

    KEPT = "kept"
    FIRST_ONLY = "first_only"


class Deadlines(StrEnum):
    """I11."""

    CALENDAR_DAYS = "calendar_days"


class SecondExceedance(StrEnum):
    """I12."""

    JOINS = "joins"


class NoRule(StrEnum):
    """I13."""

    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen; made without arguments it is what we recommend."""

    last_addition: LastAddition = LastAddition.ANY
    first_under_84: FirstUnder84 = FirstUnder84.DAYS_365
    first_under_82: FirstUnder82 = FirstUnder82.SINCE_INSTALLATION
    same_day: SameDay = SameDay.MERGED
    same_leak: SameLeak = SameLeak.LINKED
    returned: Returned = Returned.NET
    test_day: TestDay = TestDay.BY_TIME
    after_retrofit: AfterRetrofit = AfterRetrofit.NEW_HISTORY
    seasonal_excess: SeasonalExcess = SeasonalExcess.EXCESS
    rolling_floor: RollingFloor = RollingFloor.KEPT
    deadlines: Deadlines = Deadlines.CALENDAR_DAYS
    second_exceedance: SecondExceedance = SecondExceedance.JOINS
    no_rule: NoRule = NoRule.ADVISORY

    @classmethod
    def of(cls, stored: dict[str, str]) -> Choices:
        """From stored settings: {"seasonal_excess": "whole"}; what is absent is as recommended."""
        known = {question.name: question for question in QUESTIONS}
        unknown = sorted(set(stored) - set(known))
        if unknown:
            raise ValueError(f"There is no choice {unknown[0]}.")
        return cls(**{name: known[name].options(value) for name, value in stored.items()})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Question:
    """One open question, as a page of settings shows it."""

    number: str
    name: str  # the field of Choices
    asks: Sentence
    options: type[StrEnum]  # the first one is recommended
    says: dict[str, Sentence]  # what each option means
    citation: str
    applied_by: str  # module.function in this package

    @property
    def recommended(self) -> str:
        """The option that holds while nobody chose."""
        return str(next(iter(self.options)))

    @property
    def alternatives(self) -> tuple[str, ...]:
        """What else may be chosen; empty where only one reading is defensible."""
        return tuple(str(option) for option in self.options)[1:]


QUESTIONS: Final = (
    Question(
        "I1",
        "last_addition",
        _("Which past event is the last day on which refrigerant was added?"),
        LastAddition,
        {
            "any": _("Any addition: the initial charge, the recharge after a repair and a seasonal one too."),
            "calculated": _("Only an addition for which a leak rate was calculated."),
        },
        "40 CFR 82.152, 84.102 (leak rate)",
        "judging.last_day_added",
    ),
    Question(
        "I2",
        "first_under_84",
        _("How many days does the first calculation under 84.106 use, with an addition of 2026 on record?"),
        FirstUnder84,
        {
            "days_365": _("365, as the text says; the stricter figure is shown beside it."),
            "real_days": _("The real days, where an addition or installation since 2026 is on record."),
        },
        "40 CFR 84.106(b)(1)",
        "judging.days_under_84",
    ),
    Question(
        "I3",
        "first_under_82",
        _("How many days does the first calculation under 82.157 use?"),
        FirstUnder82,
        {"since_installation": _("Those since the installation's charge, at most 365; unknown: 365.")},
        "40 CFR 82.152 (leak rate)",
        "judging.first_day_known",
    ),
    Question(
        "I4",
        "same_day",
        _("What are several additions on one day?"),
        SameDay,
        {"merged": _("One addition: their sum.")},
        "40 CFR 82.152, 84.102 (leak rate)",
        "judging.merged_by_day",
    ),
    Question(
        "I5",
        "same_leak",
        _("What if an addition continues the previous one, for the same leak?"),
        SameLeak,
        {
            "linked": _("Linked additions are summed; the days run from the last addition before them."),
            "unlinked": _("Every addition stands alone: few days, high rates."),
        },
        "40 CFR 82.152, 84.102 (leak rate)",
        "judging.same_leak",
    ),
    Question(
        "I6",
        "returned",
        _("Does refrigerant count that was recovered for the repair and put back?"),
        Returned,
        {"net": _("No: only the net addition counts."), "counted": _("Yes: all that was added counts.")},
        "40 CFR 82.152, 84.102 (leak rate)",
        "judging.net_of_returned",
    ),
    Question(
        "I7",
        "test_day",
        _("What of an addition on the day of the passed follow-up test?"),
        TestDay,
        {"by_time": _("The time decides; unknown, the recharge came first and is out.")},
        "40 CFR 82.152, 84.102 (leak rate, rolling average)",
        "judging.moment_of_test",
    ),
    Question(
        "I8",
        "after_retrofit",
        _("What does a retrofit change?"),
        AfterRetrofit,
        {
            "new_history": _(
                "Charge, refrigerant and rolling window are new; its charge counts only as a day."
            )
        },
        "40 CFR 82.157(b), 84.106(b)",
        "judging.uncalculated_days",
    ),
    Question(
        "I9",
        "seasonal_excess",
        _("What if a season's addition is larger than what was removed?"),
        SeasonalExcess,
        {
            "excess": _("Only the excess counts as an addition."),
            "whole": _("The whole addition counts."),
        },
        "40 CFR 82.152, 84.102 (seasonal variance)",
        "judging.seasonal_credit",
    ),
    Question(
        "I10",
        "rolling_floor",
        _("Does a rolling window under 84.106 reach back before 2026?"),
        RollingFloor,
        {
            "kept": _("Never: what was added before January 1, 2026 stays out."),
            "first_only": _("Only the first calculation leaves out what was added before January 1, 2026."),
        },
        "40 CFR 84.106(b)(2)",
        "judging.rolling_floor",
    ),
    Question(
        "I11",
        "deadlines",
        _("How is a deadline counted?"),
        Deadlines,
        {"calendar_days": _("In calendar days of the site; overdue from the day after the due day.")},
        "40 CFR 82.157(d), 84.106(d)",
        "clocks.due_in",
    ),
    Question(
        "I12",
        "second_exceedance",
        _("What if the rate is exceeded again while a case is open?"),
        SecondExceedance,
        {"joins": _("It joins the open case; no deadline moves.")},
        "40 CFR 82.157(d), 84.106(d)",
        "clocks.joined",
    ),
    Question(
        "I13",
        "no_rule",
        _("What of circuits that no rule covers?"),
        NoRule,
        {"advisory": _("Their rate is shown for information: no verdict, no clock.")},
        "40 CFR 82.157(a), 84.106(a)",
        "judging.verdicts",
    ),
)
