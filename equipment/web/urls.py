from django.urls import URLPattern, path

from . import compliance_urls, labels, outlook, readings, record, units, warranties

app_name = "equipment"
urlpatterns: list[URLPattern] = [
    path("", units.units, name="units"),
    path("<uuid:unit_uuid>/", units.unit, name="unit"),
    path("<uuid:unit_uuid>/edit/", units.edit_unit, name="edit-unit"),
    path("<uuid:unit_uuid>/retire/", units.retire_unit, name="retire-unit"),
    path("<uuid:unit_uuid>/mothball/", units.mothball_unit, name="mothball-unit"),
    path("<uuid:unit_uuid>/return/", units.return_unit_to_service, name="return-unit"),
    path("sites/<uuid:site_uuid>/add/", units.add_unit, name="add-unit"),
    path("records/<uuid:record_uuid>/void/", units.void_record, name="void-record"),
    path("serial/", record.read_serial, name="read-serial"),
    path("<uuid:unit_uuid>/manufacture/", record.confirm_manufacture, name="confirm-manufacture"),
    path("<uuid:unit_uuid>/system/", record.set_system, name="set-system"),
    path("<uuid:unit_uuid>/replace/", record.replace_unit, name="replace-unit"),
    path("<uuid:unit_uuid>/move/", record.move_unit, name="move-unit"),
    path("moves/<uuid:move_uuid>/undo/", record.undo_move, name="undo-move"),
    path("<uuid:unit_uuid>/files/add/", record.add_file, name="add-unit-file"),
    path("files/<uuid:unit_file_uuid>/", record.file, name="unit-file"),
    path("files/<uuid:unit_file_uuid>/remove/", record.remove_file, name="remove-unit-file"),
    path("<uuid:unit_uuid>/warranties/confirm/", warranties.confirm_warranties, name="confirm-warranties"),
    path("<uuid:unit_uuid>/warranties/add/", warranties.add_warranty, name="add-warranty"),
    path("warranties/<uuid:warranty_uuid>/edit/", warranties.edit_warranty, name="edit-warranty"),
    path("warranties/<uuid:warranty_uuid>/register/", warranties.register_warranty, name="register-warranty"),
    path("warranties/<uuid:warranty_uuid>/end/", warranties.end_warranty, name="end-warranty"),
    path("warranties/<uuid:warranty_uuid>/claim/", warranties.add_claim, name="add-claim"),
    path("registrations/", warranties.registrations, name="registrations"),
    path("claims/", warranties.claims, name="claims"),
    path("claims/<uuid:claim_uuid>/", warranties.claim, name="claim"),
    path("claims/<uuid:claim_uuid>/edit/", warranties.edit_claim, name="edit-claim"),
    path("claims/<uuid:claim_uuid>/send/", warranties.send_claim, name="send-claim"),
    path("claims/<uuid:claim_uuid>/approve/", warranties.approve_claim, name="approve-claim"),
    path("claims/<uuid:claim_uuid>/deny/", warranties.deny_claim, name="deny-claim"),
    path("claims/<uuid:claim_uuid>/credit/", warranties.credit_claim, name="credit-claim"),
    path("<uuid:unit_uuid>/readings/", readings.readings, name="readings"),
    path("<uuid:unit_uuid>/readings/add/", readings.add_readings, name="add-readings"),
    path("readings/<uuid:reading_uuid>/void/", readings.void_reading, name="void-reading"),
    path("outlook/", outlook.outlook, name="outlook"),
    path("outlook.csv", outlook.outlook_csv, name="outlook-csv"),
    path("<uuid:unit_uuid>/opportunity/", outlook.open_opportunity, name="open-opportunity"),
    path("opportunities/", outlook.opportunities, name="opportunities"),
    path("opportunities/<uuid:opportunity_uuid>/", outlook.opportunity, name="opportunity"),
    path(
        "opportunities/<uuid:opportunity_uuid>/triage/", outlook.triage_opportunity, name="triage-opportunity"
    ),
    path(
        "opportunities/<uuid:opportunity_uuid>/contact/",
        outlook.contact_about_opportunity,
        name="contact-about-opportunity",
    ),
    path(
        "opportunities/<uuid:opportunity_uuid>/snooze/", outlook.snooze_opportunity, name="snooze-opportunity"
    ),
    path(
        "opportunities/<uuid:opportunity_uuid>/dismiss/",
        outlook.dismiss_opportunity,
        name="dismiss-opportunity",
    ),
    path("<uuid:unit_uuid>/label/", labels.label, name="unit-label"),
    path("sites/<uuid:site_uuid>/labels/", labels.labels, name="labels"),
]
urlpatterns += compliance_urls.urlpatterns
