from django.urls import URLPattern, path

from . import reports, retention

app_name = "reports"
urlpatterns: list[URLPattern] = [
    path("reports/", reports.reports, name="reports"),
    path("reports/<slug:key>/", reports.report, name="report"),
    path("papers/<uuid:document_uuid>/", reports.document, name="document"),
    path("papers/<uuid:document_uuid>/send/", reports.send_document, name="send-document"),
    path("units/<uuid:unit_uuid>/evidence/", reports.evidence, name="evidence"),
    path("retention/", retention.retention, name="retention"),
    path("retention/<uuid:circuit_uuid>/hold/", retention.hold, name="hold"),
    path("retention/<uuid:circuit_uuid>/release/", retention.release, name="release"),
    path("retention/<uuid:circuit_uuid>/purge/", retention.purge, name="purge"),
]
