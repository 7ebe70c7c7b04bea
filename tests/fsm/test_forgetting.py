"""What the house forgets by itself, and what it keeps."""

from __future__ import annotations

from datetime import timedelta

from fsm.clock import now
from fsm.models import ApiQuota, ApiRequest
from fsm.schedules import API_ANSWERS_KEPT, forget_old_api_answers
from tests import factories as make


def test_answers_to_programs_are_kept_for_a_month_and_quotas_while_they_count(db):
    kept = make.ApiRequestFactory(received_at=now() - API_ANSWERS_KEPT + timedelta(minutes=5))
    make.ApiRequestFactory(received_at=now() - API_ANSWERS_KEPT - timedelta(minutes=5))
    counting = make.ApiQuotaFactory(full_at=now() + timedelta(minutes=1))
    make.ApiQuotaFactory(full_at=now() - timedelta(days=3))
    forget_old_api_answers()
    assert list(ApiRequest.objects.all()) == [kept]
    assert list(ApiQuota.objects.all()) == [counting]
