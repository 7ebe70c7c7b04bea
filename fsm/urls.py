"""Every address of the house; the kernel names the apps as strings."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("fsm.web.urls")),
    path("api/", include("fsm.api.urls")),
    path("admin/", admin.site.urls),
    path("customers/", include("customers.web.urls")),
    path("calls/", include("customers.web.calls")),
    path("hooks/", include("customers.web.hooks")),
    path("equipment/compliance/", include("equipment.web.report_urls")),
    path("equipment/", include("equipment.web.urls")),
    path("u/", include("equipment.web.scanning")),
    path("stock/", include("inventory.web.urls")),
    path("", include("dispatch.web.urls")),
    path("money/", include("billing.web.urls")),
]
