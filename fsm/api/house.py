"""The house itself, for programs: who asks, the company, its branches and people, and the trace."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.renderers import OpenApiJsonRenderer
from rest_framework import serializers
from rest_framework.response import Response

from ..clock import now
from ..company import the_company
from ..models import ApiToken, Branch, Company, Review, User
from ..permissions import ROLES, May
from ..references import Reference, fetch, resolve_many
from ..reviews import approve_review, kinds, reject_review, withdraw_review
from ..tokens import scopes_hold
from ..trace import root_of, story
from ..web.reviews import ReviewFilter
from .fields import Output, Shown, Text, VersionInput
from .schema import description
from .views import Deed, Listing, Look, One


class CompanyOutput(Output):
    class Meta:
        model = Company
        fields = (
            "uuid", "name", "legal_name", "license_number", "phone", "email", "website", "street", "city",
            "state", "postal_code", "time_zone", "opens_at", "closes_at", "default_terms",
        )  # fmt: skip


class ShowCompany(Look):
    """The company: its name, address, time zone and hours."""

    OutputSerializer = CompanyOutput

    def get(self, request: Any) -> Response:
        """The one there is."""
        self.check_query()
        return Response(self.shown(the_company()))


class BranchOutput(Output):
    class Meta:
        model = Branch
        fields = ("uuid", "name", "time_zone", "street", "city", "state", "postal_code", "is_active")


class Branches(Listing):
    """The places the company works from, as far as you may see them."""

    OutputSerializer = BranchOutput
    order = ("name", "pk")

    def rows(self) -> QuerySet[Any]:
        """All, or those the person is limited to."""
        return Branch.objects.visible_to(self.user)


class PersonOutput(Output):
    class Meta:
        model = User
        fields = ("uuid", "username", "name", "email", "phone", "role", "language", "is_active")


class People(Listing):
    """The people who sign in, those who left as well."""

    may = May.MANAGE_PEOPLE
    OutputSerializer = PersonOutput
    order = ("name", "pk")
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Everybody."""
        people: QuerySet[Any] = User.objects.visible_to(self.user)
        return people

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By name, user name or e-mail, as on the page."""
        return rows.filter(Q(name__icontains=text) | Q(username__icontains=text) | Q(email__icontains=text))


class ShowPerson(One):
    """One person who signs in."""

    may = May.MANAGE_PEOPLE
    OutputSerializer = PersonOutput

    def rows(self) -> QuerySet[Any]:
        """Everybody."""
        people: QuerySet[Any] = User.objects.visible_to(self.user)
        return people


class MeOutput(Shown):
    person = PersonOutput()
    capabilities = serializers.ListField(
        child=serializers.CharField(), help_text="What you may, here and now."
    )
    scopes = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="The token's; null without."
    )
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the token ends.")


class Me(Look):
    """Whom you act as, and what you may."""

    OutputSerializer = MeOutput

    def get(self, request: Any) -> Response:
        """The person, and what is left of their role under this token."""
        self.check_query()
        token = request.auth if isinstance(request.auth, ApiToken) else None
        held = [one for one in May if one in ROLES.get(self.user.role, ())]
        said = {
            "person": self.user,
            "capabilities": [one.key for one in held if token is None or scopes_hold(token.scopes, one)],
            "scopes": token.scopes if token else None,
            "expires_at": token.expires_at if token else None,
        }
        return Response(self.shown(said))


class ReviewOutput(Output):
    label: Any = serializers.SerializerMethodField(help_text="What kind of proposal, in words.")
    subject = serializers.SerializerMethodField(help_text="kind:uuid of what it is about.")

    class Meta:
        model = Review
        fields = (
            "uuid", "kind", "label", "state", "subject", "subject_label", "title", "before", "after",
            "asked_by_name", "asked_because", "asked_at", "limit_at", "decided_by", "decided_at",
            "decided_because", "decided_alone", "version",
        )  # fmt: skip

    def get_label(self, review: Review) -> str:
        """The kind's name."""
        known = kinds().get(review.kind)
        return str(known.label) if known else review.kind

    def get_subject(self, review: Review) -> str:
        """The reference."""
        return f"{review.subject_kind}:{review.subject_uuid}"


def _reviews(user: Any) -> QuerySet[Any]:
    return Review.objects.visible_to(user).select_related("decided_by")


class Reviews(Listing):
    """What waits for a decision and what was decided, latest first: yours to decide, or asked by you."""

    may = May.SEE_HOME
    OutputSerializer = ReviewOutput
    order = ("-asked_at", "-pk")
    filterset = ReviewFilter

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _reviews(self.user)


class ShowReview(One):
    """One proposal."""

    may = May.SEE_HOME
    OutputSerializer = ReviewOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _reviews(self.user)


class ReviewDeed(Deed):
    """A decision about a proposal, which is shown afterwards."""

    may = May.SEE_HOME
    OutputSerializer = ReviewOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _reviews(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(Review.objects.select_related("decided_by").get(pk=thing.pk), **more)


class ApproveReview(ReviewDeed):
    """Do what is proposed. Nobody approves what they asked for, except where nobody else could."""

    class InputSerializer(VersionInput):
        because = Text(most=300, required=False)

    def do(self, data: dict[str, Any]) -> Review:
        """Approve."""
        return approve_review(self.thing.pk, by=self.by, now=now(), **data)


class RejectReview(ReviewDeed):
    """Refuse what is proposed and say why; what stands stays as it is."""

    class InputSerializer(VersionInput):
        because = Text(most=300)

    def do(self, data: dict[str, Any]) -> Review:
        """Reject."""
        return reject_review(self.thing.pk, by=self.by, now=now(), **data)


class WithdrawReview(ReviewDeed):
    """Take back what one asked for oneself."""

    InputSerializer = VersionInput

    def do(self, data: dict[str, Any]) -> Review:
        """Withdraw."""
        return withdraw_review(self.thing.pk, by=self.by, version=data["version"], now=now())


class ChangeOutput(Shown):
    label: Any = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class StepOutput(Shown):
    when = serializers.DateTimeField()
    what = serializers.CharField()
    verb = serializers.CharField()
    who = serializers.CharField()
    source: Any = serializers.CharField(help_text="The door: board, technician, office, api, task:…")
    reason = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True, help_text="One for all that one request or task did.")
    app = serializers.CharField()
    reference = serializers.CharField(
        allow_null=True, help_text="kind:uuid of what changed, where you may see it."
    )
    changes = ChangeOutput(many=True)


class TraceOutput(Shown):
    root: Any = serializers.CharField(help_text="The chain that the thing belongs to, usually a job.")
    steps = StepOutput(many=True)


class Trace(Look):
    """Why something is as it is: every step of its chain across the apps, oldest first.

    `kind` is customer, site, contact, unit, part, place, job, visit, invoice, payment and so on.
    """

    may = May.SEE_TRACE
    OutputSerializer = TraceOutput

    def get(self, request: Any, kind: str, unique: UUID) -> Response:
        """The chain of a thing the person may see."""
        self.check_query()
        thing = fetch(Reference(kind, unique), self.user)
        if thing is None:
            raise Http404
        steps = story(thing)
        known = resolve_many({step.reference for step in steps if step.reference}, self.user)
        said = [
            {
                **{
                    name: getattr(step, name)
                    for name in ("when", "what", "verb", "who", "source", "reason", "batch")
                },
                "app": step.app,
                "changes": step.changes,
                "reference": str(step.reference) if step.reference in known else None,
            }
            for step in steps
        ]
        return Response(self.shown({"root": str(root_of(thing)), "steps": said}))


class Schema(Look):
    """This description, as OpenAPI 3.1."""

    is_described = False
    renderer_classes = [OpenApiJsonRenderer]

    def get(self, request: Any) -> Response:
        """The whole of it."""
        return Response(description())
