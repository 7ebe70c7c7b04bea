"""Equipment, refrigerant and its compliance, for programs."""

from django.urls import path

from . import cases, record, refrigerant, units

urlpatterns = [
    *record.urlpatterns,
    path("units/", units.Units.as_view(), name="units"),
    path("units/<uuid:unit_uuid>/", units.ShowUnit.as_view(), name="unit"),
    path("units/<uuid:unit_uuid>/edit/", units.EditUnit.as_view(), name="edit-unit"),
    path("units/<uuid:unit_uuid>/retire/", units.RetireUnit.as_view(), name="retire-unit"),
    path("units/<uuid:unit_uuid>/mothball/", units.MothballUnit.as_view(), name="mothball-unit"),
    path("units/<uuid:unit_uuid>/return/", units.ReturnUnit.as_view(), name="return-unit"),
    path("sites/<uuid:site_uuid>/units/install/", units.InstallUnit.as_view(), name="install-unit"),
    path("circuits/", cases.Circuits.as_view(), name="circuits"),
    path("circuits/<uuid:circuit_uuid>/", cases.ShowCircuit.as_view(), name="circuit"),
    path(
        "circuits/<uuid:circuit_uuid>/refrigerant/record/",
        refrigerant.RecordRefrigerant.as_view(),
        name="record-refrigerant",
    ),
    path("circuits/<uuid:circuit_uuid>/charge/revise/", cases.ReviseCharge.as_view(), name="revise-charge"),
    path("circuits/<uuid:circuit_uuid>/retrofit/", cases.RetrofitCircuit.as_view(), name="retrofit-circuit"),
    path("circuits/<uuid:circuit_uuid>/exemption/", cases.SetExemption.as_view(), name="set-exemption"),
    path("circuits/<uuid:circuit_uuid>/category/", cases.SetCategory.as_view(), name="set-category"),
    path("leak-rates/", cases.Rates.as_view(), name="leak-rates"),
    path("leak-cases/", cases.Cases.as_view(), name="leak-cases"),
    path("leak-cases/<uuid:case_uuid>/", cases.ShowCase.as_view(), name="leak-case"),
    path("leak-cases/<uuid:case_uuid>/log/", cases.LogCaseEvent.as_view(), name="log-case-event"),
    path("case-events/<uuid:event_uuid>/void/", cases.VoidCaseEvent.as_view(), name="void-case-event"),
    path("refrigerant-records/", refrigerant.RefrigerantRecords.as_view(), name="refrigerant-records"),
    path(
        "refrigerant-records/<uuid:record_uuid>/void/",
        refrigerant.VoidRefrigerantRecord.as_view(),
        name="void-record",
    ),
    path("refrigerants/", refrigerant.Refrigerants.as_view(), name="refrigerants"),
]
