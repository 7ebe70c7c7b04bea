from django.urls import URLPattern, path

from . import cases, circuits, registers

urlpatterns: list[URLPattern] = [
    path("compliance/", registers.compliance, name="compliance"),
    path("compliance/exceedances/", registers.exceedances, name="exceedances"),
    path("compliance/inspections/", registers.inspections_due, name="inspections-due"),
    path("compliance/chronic/", registers.chronic_leakers, name="chronic-leakers"),
    path("compliance/calendar/", registers.calendar, name="compliance-calendar"),
    path("compliance/settings/", registers.compliance_settings, name="compliance-settings"),
    path("circuits/<uuid:circuit_uuid>/", circuits.circuit, name="circuit"),
    path("circuits/<uuid:circuit_uuid>/record/", circuits.record, name="record-refrigerant"),
    path("circuits/<uuid:circuit_uuid>/charge/", circuits.charge, name="revise-charge"),
    path("circuits/<uuid:circuit_uuid>/retrofit/", circuits.retrofit, name="retrofit-circuit"),
    path("circuits/<uuid:circuit_uuid>/rule/", circuits.rule, name="circuit-rule"),
    path("circuits/<uuid:circuit_uuid>/chronic/<int:year>/", cases.report_chronic, name="report-chronic"),
    path("sites/<uuid:site_uuid>/method/", circuits.method, name="facility-method"),
    path("cases/<uuid:case_uuid>/", cases.case, name="case"),
    path("cases/<uuid:case_uuid>/log/", cases.log_event, name="log-case-event"),
    path("case-events/<uuid:event_uuid>/void/", cases.void_event, name="void-case-event"),
]
