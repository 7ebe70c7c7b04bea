"""Every address under /api/; the kernel names the apps as strings."""

from django.urls import include, path, re_path

from ..web.api import api_page
from . import house
from .views import NotThere

app_name = "api"
urlpatterns = [
    path("", api_page, name="page"),
    path("schema/", house.Schema.as_view(), name="schema"),
    path("me/", house.Me.as_view(), name="me"),
    path("company/", house.ShowCompany.as_view(), name="company"),
    path("branches/", house.Branches.as_view(), name="branches"),
    path("people/", house.People.as_view(), name="people"),
    path("people/<uuid:person_uuid>/", house.ShowPerson.as_view(), name="person"),
    path("reviews/", house.Reviews.as_view(), name="reviews"),
    path("reviews/<uuid:review_uuid>/", house.ShowReview.as_view(), name="review"),
    path("reviews/<uuid:review_uuid>/approve/", house.ApproveReview.as_view(), name="approve-review"),
    path("reviews/<uuid:review_uuid>/reject/", house.RejectReview.as_view(), name="reject-review"),
    path("reviews/<uuid:review_uuid>/withdraw/", house.WithdrawReview.as_view(), name="withdraw-review"),
    path("trace/<slug:kind>/<uuid:unique>/", house.Trace.as_view(), name="trace"),
    path("", include("customers.api")),
    path("", include("equipment.api")),
    path("", include("inventory.api")),
    path("", include("dispatch.api")),
    path("", include("billing.api")),
    re_path("", NotThere.as_view(), name="nowhere"),
]
