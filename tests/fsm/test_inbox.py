"""The field-operation inbox: pressed twice, sent twice, answered late: done once."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fsm import inbox
from fsm.inbox import AnotherBody, operation, receive
from fsm.models import Branch, FieldOperation, Outcome
from fsm.permissions import May
from fsm.states import NotPossible, Stale
from tests.factories import picture

KEY = uuid.UUID(int=7)


@pytest.fixture(autouse=True)
def _operations(monkeypatch):
    """Operations of our own."""
    monkeypatch.setattr(inbox, "_operations", {})

    @operation("branch.open")
    def open_branch(user, body, files, *, now):
        branch = Branch.objects.create(name=body["name"])
        return {"id": branch.pk, "at": now, "price": Decimal("1.50"), "root": "job:1"}

    @operation("branch.refuse")
    def refuse(user, body, files, *, now):
        Branch.objects.create(name="Undone")
        raise NotPossible("This town has enough of them.")

    @operation("branch.conflict")
    def conflict(user, body, files, *, now):
        raise Stale("Somebody was faster.", theirs={"opened": now}, who="Dana")

    @operation("branch.break")
    def breaks(user, body, files, *, now):
        Branch.objects.create(name="Undone")
        raise ZeroDivisionError

    @operation("office.only", may=May.SEE_MONEY)
    def office_only(user, body, files, *, now):
        return {}


def send(user, key=KEY, kind="branch.open", body=None, **more):
    return receive(user, key, kind, {"name": "Waco"} if body is None else body, **more)


def towns():
    return list(Branch.objects.filter(name__in=["Waco", "Undone"]).values_list("name", flat=True))


def test_an_operation_is_done_and_its_outcome_kept(tess):
    device_time = datetime(2026, 7, 14, 15, tzinfo=UTC)
    row = send(tess, device_time=device_time)
    row.refresh_from_db()
    assert (row.outcome, row.user, row.kind, row.device_time) == (
        Outcome.APPLIED,
        tess,
        "branch.open",
        device_time,
    )
    assert row.answer["price"] == "1.50"
    assert (row.source, row.root) == ("technician", "job:1")
    assert towns() == ["Waco"]


def test_what_it_did_carries_the_technician_and_the_operations_batch(tess):
    row = send(tess)
    made = Branch.history.get(name="Waco")
    assert (made.history_user_id, made.source, made.batch) == (tess.pk, "technician", row.batch)


def test_sent_twice_it_is_done_once_and_answered_alike(tess):
    first, second = send(tess), send(tess)
    assert first.pk == second.pk
    assert second.answer == FieldOperation.objects.get().answer
    assert towns() == ["Waco"]


def test_the_order_of_what_is_in_the_body_does_not_matter(tess):
    assert send(tess, body={"name": "Waco", "x": 1}).pk == send(tess, body={"x": 1, "name": "Waco"}).pk


def test_the_same_key_with_something_else_is_refused_and_changes_nothing(tess, tom):
    send(tess)
    for user, change in [
        (tess, {"body": {"name": "Temple"}}),
        (tess, {"kind": "branch.refuse"}),
        (tess, {"files": {"photo": SimpleUploadedFile("a.png", picture())}}),
        (tom, {}),
    ]:
        with pytest.raises(AnotherBody):
            send(user, **change)
    assert towns() == ["Waco"]
    assert FieldOperation.objects.count() == 1


def test_a_file_sent_again_counts_as_the_same(tess):
    def photo():
        return {"photo": SimpleUploadedFile("a.png", picture())}

    assert send(tess, files=photo()).pk == send(tess, files=photo()).pk


def test_a_refusal_is_kept_with_its_sentence_and_its_effect_undone(tess):
    row = send(tess, kind="branch.refuse")
    assert (row.outcome, row.sentence) == (Outcome.REFUSED, "This town has enough of them.")
    assert towns() == []
    assert send(tess, kind="branch.refuse").pk == row.pk


def test_a_conflict_says_what_stands_there_now(tess):
    row = send(tess, kind="branch.conflict")
    row.refresh_from_db()
    assert (row.outcome, row.sentence) == (Outcome.CONFLICT, "Somebody was faster.")
    assert set(row.answer["theirs"]) == {"opened"}


def test_a_mistake_of_ours_leaves_no_row_so_that_the_phone_tries_again(tess):
    with pytest.raises(ZeroDivisionError):
        send(tess, kind="branch.break")
    assert towns() == []
    assert FieldOperation.objects.count() == 0


def test_an_unknown_operation_and_a_missing_capability_leave_no_row(tess, casey):
    with pytest.raises(NotPossible, match=r"does not know the operation “branch\.burn”"):
        send(tess, kind="branch.burn")
    with pytest.raises(NotPossible, match="may not see invoices and payments"):
        send(tess, kind="office.only")
    with pytest.raises(NotPossible, match="may not work their own visits"):
        send(casey)
    assert FieldOperation.objects.count() == 0


def test_characters_that_the_database_refuses_are_left_out(tess):
    send(tess, body={"name": "Wa\x00co", "list": [{"a\x00": "b\x00"}, "c\x00"]})
    assert towns() == ["Waco"]
    assert FieldOperation.objects.get().body == {"name": "Waco", "list": [{"a": "b"}, "c"]}


def test_an_answer_lost_on_the_way_is_given_again(tess):
    """Committed, but the answer never arrives: the same key brings the same answer, without the handler."""
    sent = send(tess).answer

    @operation("branch.open")
    def never_again(user, body, files, *, now):
        raise AssertionError("done a second time")

    assert send(tess).answer["id"] == sent["id"]
    assert towns() == ["Waco"]


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_the_same_instant_it_is_done_once(tess, at_once):
    outcomes = at_once(4, lambda: send(tess).answer["id"])
    assert all(outcome.won for outcome in outcomes)
    assert len({outcome.result for outcome in outcomes}) == 1
    assert towns() == ["Waco"]
    assert FieldOperation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_sending_waits_for_the_first_to_end(tess, at_once):
    """And gets its answer, although the first had not committed when it asked."""
    began = threading.Event()

    @operation("branch.slowly")
    def slowly(user, body, files, *, now):
        began.set()
        time.sleep(0.5)
        return {"done": True}

    def press(number):
        if number:
            assert began.wait(10)
        return send(tess, kind="branch.slowly").answer

    assert [outcome.result for outcome in at_once(2, press)] == [{"done": True}] * 2


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_only_looked_up_would_let_both_in(tess, at_once, monkeypatch):
    """The twin: look first, insert later, which is what the unique key spares us."""
    both_looked = threading.Barrier(2)
    done = []

    @operation("branch.count")
    def count(user, body, files, *, now):
        done.append(1)
        return {}

    def look_then_insert(row):
        found = FieldOperation.objects.filter(key=row.key).exists()
        both_looked.wait(10)
        row.key = uuid.uuid4()  # as if the key were not unique
        row.save(force_insert=True)
        return not found

    monkeypatch.setattr(inbox, "_claim", look_then_insert)
    assert all(outcome.won for outcome in at_once(2, lambda: send(tess, kind="branch.count")))
    assert done == [1, 1]
