"""The kernel's own addresses."""

from django.urls import path

from . import audit, company, exchanges, health, home, house, people, reviews, session, style, tokens

app_name = "fsm"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("log-in/", session.log_in, name="log-in"),
    path("log-out/", session.log_out, name="log-out"),
    path("password/", session.change_password, name="change-password"),
    path("theme/", session.set_theme, name="set-theme"),
    path("language/", session.set_language, name="set-language"),
    path("company/", company.company, name="company"),
    path("company/numbers/<slug:kind>/", company.continue_numbers, name="continue-numbers"),
    path("company/logo/", company.logo, name="logo"),
    path("company/branches/", company.branches, name="branches"),
    path("company/branches/add/", company.add_branch, name="add-branch"),
    path("company/branches/<uuid:branch_uuid>/", company.edit_branch, name="edit-branch"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add_person, name="add-person"),
    path("people/<uuid:person_uuid>/", people.edit_person, name="edit-person"),
    path("people/<uuid:person_uuid>/password/", people.set_password, name="set-password"),
    path("house/", house.events, name="events"),
    path("style/", style.style, name="style"),
    path("trace/<slug:kind>/<uuid:unique>/", audit.trace, name="trace"),
    path("timeline/<slug:kind>/<uuid:unique>/", audit.timeline_of, name="timeline"),
    path("at-once/<uuid:unique>/", audit.batch, name="batch"),
    path("tokens/", tokens.api_tokens, name="api-tokens"),
    path("tokens/make/", tokens.make_api_token, name="make-api-token"),
    path("tokens/<uuid:token_uuid>/", tokens.api_token, name="api-token"),
    path("tokens/<uuid:token_uuid>/revoke/", tokens.revoke_api_token, name="revoke-api-token"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<uuid:review_uuid>/approve/", reviews.approve, name="approve-review"),
    path("reviews/<uuid:review_uuid>/reject/", reviews.reject, name="reject-review"),
    path("reviews/<uuid:review_uuid>/withdraw/", reviews.withdraw, name="withdraw-review"),
    path("looks/", audit.looks, name="looks"),
    path("exchanges/", exchanges.exchanges, name="exchanges"),
    path("exchanges/<uuid:exchange_uuid>/", exchanges.exchange, name="exchange"),
    path("outbox/", exchanges.outbox, name="outbox"),
    path("outbox/<uuid:outbox_uuid>/", exchanges.outbox_row, name="outbox-row"),
    path("outbox/<uuid:outbox_uuid>/retry/", exchanges.retry, name="retry-outbox-row"),
    path("outbox/<uuid:outbox_uuid>/give-up/", exchanges.give_up, name="give-up-outbox-row"),
    path("health/", health.health, name="health"),
    path("readyz", health.readyz, name="readyz"),
    path("healthz", house.healthz, name="healthz"),
]
