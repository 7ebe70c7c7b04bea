"""Four eyes: what waits is decided by a second person, once, by whoever may, and says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from fsm import reviews
from fsm.attribution import attributed, current
from fsm.clock import now
from fsm.models import LiveEvent, Review, User
from fsm.permissions import May
from fsm.references import Reference, ref_of
from fsm.reviews import (
    approve_review,
    ask_for_review,
    drop_reviews,
    expire_reviews,
    reject_review,
    reviewable,
    to_decide,
    withdraw_review,
)
from fsm.states import NotPossible, Stale
from tests import factories as make

DAY = timedelta(days=1)


class Done:
    """What was applied and rejected, and under whose name."""

    def __init__(self):
        self.applied, self.rejected, self.fails = [], [], None

    def apply(self, review):
        self.applied.append((review.payload, current().actor_name, current().reason))
        make.BranchFactory(name="Made by the approval")
        if self.fails:
            raise self.fails


@pytest.fixture
def done(monkeypatch):
    monkeypatch.setattr(reviews, "_kinds", {})
    found = Done()
    reviewable(
        "thing",
        label="Thing",
        decide=May.ADJUST_INVOICES,
        reject=lambda review: found.rejected.append(review.state),
    )(found.apply)
    return found


@pytest.fixture
def ask(done, make_customer):
    def asked(by=None, **fields):
        subject = ref_of(make_customer())
        with transaction.atomic(), attributed(**({"user": by} if by else {})):
            return ask_for_review(
                **{
                    "kind": "thing", "subject": subject, "subject_label": "Ann", "title": "Cheaper",
                    "before": {"Price": "2"}, "after": {"Price": "1"}, "payload": {"n": 1}, "limit": DAY,
                    "now": now(), **fields,
                }
            )  # fmt: skip

    return asked


def test_a_second_person_approves_and_it_is_done_under_their_name(ask, done, casey, marcus):
    review = ask(casey)
    decided = approve_review(review.pk, by=marcus, version=1, now=now(), because="Fine")
    assert done.applied == [({"n": 1}, "Marcus Webb", "Fine")]
    assert (decided.state, decided.decided_by, decided.decided_alone) == ("approved", marcus, False)
    with pytest.raises(NotPossible, match="decided already: approved"):
        approve_review(review.pk, by=marcus, version=2, now=now())
    assert len(done.applied) == 1


def test_nobody_approves_what_they_asked_for(ask, done, marcus, olivia):
    review = ask(marcus)
    with pytest.raises(NotPossible, match="somebody else"):
        approve_review(review.pk, by=marcus, version=1, now=now())
    assert done.applied == []
    assert approve_review(review.pk, by=olivia, version=1, now=now()).decided_alone is False


def test_a_single_person_who_may_approves_alone_and_the_record_says_so(ask, marcus, olivia):
    User.objects.filter(pk=olivia.pk).update(is_active=False)
    assert approve_review(ask(marcus).pk, by=marcus, version=1, now=now()).decided_alone is True


def test_the_database_refuses_two_eyes_that_do_not_say_so(db, marcus):
    row = {"state": "approved", "asked_by": marcus, "decided_by": marcus, "decided_at": now()}
    with pytest.raises(IntegrityError, match="review_has_four_eyes"), transaction.atomic():
        make.ReviewFactory(**row)


def test_who_may_not_decide_is_refused(ask, done, casey, dana):
    review = ask(casey)
    for decide in (approve_review, reject_review):
        with pytest.raises(NotPossible, match="Your role may not"):
            decide(review.pk, by=dana, version=1, because="x", now=now())
    assert done.applied == []


def test_what_cannot_be_applied_stays_waiting_and_leaves_nothing(ask, done, casey, marcus):
    review = ask(casey)
    done.fails = Stale("It has changed.", theirs={"Price": "3"})
    with pytest.raises(Stale):
        approve_review(review.pk, by=marcus, version=1, now=now())
    review.refresh_from_db()
    assert review.state == "waiting"
    assert not make.BranchFactory._meta.model.objects.filter(name="Made by the approval").exists()


def test_an_old_page_decides_nothing(ask, done, casey, marcus):
    with pytest.raises(Stale):
        approve_review(ask(casey).pk, by=marcus, version=7, now=now())
    assert done.applied == []


def test_rejecting_asks_why_and_does_nothing_else(ask, done, casey, marcus):
    review = ask(casey)
    with pytest.raises(NotPossible, match="Say why"):
        reject_review(review.pk, by=marcus, version=1, because=" ", now=now())
    assert reject_review(review.pk, by=marcus, version=1, because="No", now=now()).decided_because == "No"
    assert (done.applied, done.rejected) == ([], ["rejected"])


def test_only_who_asked_takes_it_back(ask, casey, marcus):
    review = ask(casey)
    with pytest.raises(NotPossible, match="Only who asked"):
        withdraw_review(review.pk, by=marcus, version=1, now=now())
    assert withdraw_review(review.pk, by=casey, version=1, now=now()).state == "withdrawn"


def test_the_same_key_waits_once(ask, casey, marcus):
    review = ask(casey, key="line:1")
    with pytest.raises(NotPossible, match="waits for a decision already"):
        ask(casey, key="line:1")
    reject_review(review.pk, by=marcus, version=1, because="No", now=now())
    assert ask(casey, key="line:1").state == "waiting"


def test_what_nobody_decides_lapses_a_week_after_its_limit(ask, done, casey):
    old, late = ask(casey, now=now() - 9 * DAY), ask(casey, now=now() - 2 * DAY)
    expire_reviews()
    assert {r.pk: r.state for r in Review.objects.all()} == {old.pk: "expired", late.pk: "waiting"}
    assert done.rejected == ["expired"]


def test_what_has_no_subject_any_more_is_withdrawn_by_the_house_and_says_why(ask, done, casey, marcus):
    gone, other = ask(casey), ask(casey)
    with transaction.atomic():
        (dropped,) = drop_reviews(Reference(gone.subject_kind, gone.subject_uuid), because="Sold.", now=now())
    gone.refresh_from_db()
    assert (gone.state, gone.decided_by, gone.decided_because) == ("withdrawn", None, "Sold.")
    assert (dropped, done.rejected) == (gone, ["withdrawn"])
    assert Review.objects.waiting().get() == other
    with pytest.raises(NotPossible, match=r"decided already: withdrawn. Sold\."):
        approve_review(gone.pk, by=marcus, version=gone.version, now=now())
    assert LiveEvent.objects.filter(topic="reviews", version=2).count() == 1


def test_only_the_kind_or_the_key_that_is_named_is_withdrawn(ask, casey, make_customer):
    about = ref_of(make_customer())
    one, two = (ask(casey, subject=about, key=key) for key in ("line:1", "line:2"))
    with transaction.atomic():
        assert drop_reviews(about, because="x", now=now(), kind="other") == []
        assert drop_reviews(about, because="x", now=now(), key="line:2") == [two]
    assert Review.objects.waiting().get() == one


def test_an_approval_locks_its_subject_before_the_proposal(done, ask, casey, marcus):
    """Whoever drops proposals holds the subject first: both in one order cannot wait for each other."""
    order = []
    reviewable(
        "locked",
        label="Locked",
        decide=May.ADJUST_INVOICES,
        lock=lambda review: order.append(("subject", review.state)),
    )(lambda review: order.append(("apply", review.state)))
    approve_review(ask(casey, kind="locked").pk, by=marcus, version=1, now=now())
    assert order == [("subject", "waiting"), ("apply", "approved")]


@pytest.mark.parametrize(("late", "state"), [(-1, "waiting"), (0, "waiting"), (1, "expired")])
def test_a_proposal_lapses_a_week_after_its_limit_and_no_second_before(ask, casey, monkeypatch, late, state):
    review = ask(casey)
    end = review.limit_at + reviews.GRACE + timedelta(seconds=late)
    monkeypatch.setattr(reviews, "clock_now", lambda: end)
    expire_reviews()
    review.refresh_from_db()
    assert review.state == state


def test_what_is_past_its_limit_says_so_and_stands_on_top(ask, casey, marcus_client):
    fresh, late = ask(casey), ask(casey, now=now() - 3 * DAY)
    page = marcus_client.get(reverse("fsm:reviews")).content.decode()
    assert page.index(str(late.uuid)) < page.index(str(fresh.uuid))
    assert page.count(">Overdue<") == 1 or page.count("Overdue</span>") == 1


def test_a_decision_alone_is_told_on_the_page(ask, marcus, olivia, marcus_client):
    User.objects.filter(pk=olivia.pk).update(is_active=False)
    url = reverse("fsm:approve-review", args=[ask(marcus).uuid])
    assert marcus_client.post(url, {"version": 1}).status_code == 302
    shown = marcus_client.get(reverse("fsm:reviews"), {"state": "approved"}).content.decode()
    assert "approved alone" in shown


def test_who_may_decide_sees_how_many_wait_and_who_asked_does_not_count_their_own(
    ask, casey, marcus, olivia, dana, branch
):
    ask(casey)
    ask(marcus)
    ask(casey, branch_id=make.BranchFactory(name="Waco").pk)
    make.UserBranchFactory(user=marcus, branch=branch)
    counts = [to_decide(person).count() for person in (marcus, olivia, casey, dana)]
    assert counts == [1, 3, 0, 0]


def test_asking_and_deciding_are_told_live(ask, casey, marcus):
    review = ask(casey)
    approve_review(review.pk, by=marcus, version=1, now=now())
    assert list(LiveEvent.objects.filter(topic="reviews").values_list("version", flat=True)) == [1, 2]


# The page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 20])
def test_the_page_costs_the_same_for_one_or_twenty(ask, casey, marcus_client, django_assert_num_queries, n):
    for _ in range(n):
        ask(casey)
    marcus_client.get(reverse("fsm:reviews"))  # renews the session
    # session, user, frame with the count, the person's branches, count, reviews, customers
    with django_assert_num_queries(7):
        page = marcus_client.get(reverse("fsm:reviews")).content.decode()
    assert page.count("data-review ") == n
    assert f'<span class="count">{n}</span>' in page


def test_it_is_approved_on_the_page(ask, done, casey, casey_client, marcus_client):
    review = ask(casey)
    url = reverse("fsm:approve-review", args=[review.uuid])
    refused = casey_client.post(url, {"version": 1, "because": "Please"})
    assert (refused.status_code, "Your role may not" in refused.content.decode()) == (409, True)
    assert marcus_client.post(url, {"version": 1}).status_code == 302
    assert len(done.applied) == 1


def test_a_refusal_loses_nothing_that_was_typed(ask, done, casey, marcus_client):
    done.fails = Stale("It has changed.", theirs={"Price now": "$3"})
    url = reverse("fsm:approve-review", args=[ask(casey).uuid])
    answer = marcus_client.post(url, {"version": 1, "because": "An old friend"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "It has changed." in page
    assert "Price now: $3" in page
    assert 'value="An old friend"' in page


def test_reject_and_take_back_on_the_page(ask, casey, casey_client, marcus_client):
    first, second = ask(casey), ask(casey)
    reject = reverse("fsm:reject-review", args=[first.uuid])
    assert marcus_client.post(reject, {"version": 1}).status_code == 409
    assert marcus_client.post(reject, {"version": 1, "because": "No"}).status_code == 302
    back = reverse("fsm:withdraw-review", args=[second.uuid])
    assert marcus_client.post(back, {"version": 1}).status_code == 409
    assert casey_client.post(back, {"version": 1}).status_code == 302
    assert sorted(Review.objects.values_list("state", flat=True)) == ["rejected", "withdrawn"]


def test_one_sees_what_one_may_decide_or_asked_for(ask, casey, casey_client, dana_client):
    review = ask(casey)
    assert str(review.uuid) in casey_client.get(reverse("fsm:reviews")).content.decode()
    assert str(review.uuid) not in dana_client.get(reverse("fsm:reviews")).content.decode()
    url = reverse("fsm:approve-review", args=[review.uuid])
    assert dana_client.post(url, {"version": 1}).status_code == 404


def test_the_filters_narrow(ask, casey, marcus, olivia, marcus_client):
    late, mine = ask(casey, now=now() - 2 * DAY), ask(marcus)
    for query, wanted in (({"overdue": "on"}, late), ({"mine": "on"}, mine)):
        page = marcus_client.get(reverse("fsm:reviews"), query).content.decode()
        assert [str(r.uuid) in page for r in (late, mine)] == [r == wanted for r in (late, mine)]


@pytest.mark.parametrize("query", ["?state=x&page=z", "?kind=%00&mine=maybe", "?page=-1&overdue=1&sort=x"])
def test_hostile_filters_are_harmless(ask, casey, marcus_client, query):
    ask(casey)
    assert marcus_client.get(reverse("fsm:reviews") + query).status_code == 200
    url = reverse("fsm:approve-review", args=[Review.objects.get().uuid])
    assert marcus_client.post(url, {"version": "²" * 400, "because": "\x00" * 999}).status_code == 409
