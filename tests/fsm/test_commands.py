"""The house's commands."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django_q.models import Schedule, Success

from fsm import clock, demo, tasks
from fsm.history import history_model
from fsm.models import Branch, Company, LiveEvent, User
from fsm.permissions import Role
from fsm.schedules import report_unattributed_rows
from fsm.trace import unattributed
from tests.factories import LiveEventFactory, UserFactory


def run(command, *arguments, **options):
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def only_the_kernel(monkeypatch):
    """The kernel's part of the demo company; each app tests its own."""
    monkeypatch.setattr(demo, "_parts", {"fsm": demo.company_and_people})


def test_the_demo_company_has_its_people_and_they_can_sign_in(db, only_the_kernel):
    assert "is ready" in run("load_demo")
    assert Company.objects.get().name == demo.COMPANY_NAME
    assert [branch.name for branch in Branch.objects.all()] == ["Austin"]
    for username, name, role in demo.LOGINS:
        person = authenticate(username=username, password=demo.PASSWORD)
        assert (person.name, person.role) == (name, role)
    assert User.objects.filter(role=Role.TECHNICIAN).count() == 12


def test_everything_in_the_demo_company_says_that_it_is_made_up(db, only_the_kernel):
    run("load_demo")
    rows = [row for model in (Company, Branch, User) for row in history_model(model).objects.all()]
    assert {row.source for row in rows} == {"command:load_demo"}
    assert {row.actor_name for row in rows} == {"Demo company"}
    assert len({row.batch for row in rows}) == 1


def test_a_database_with_people_is_left_alone(db, only_the_kernel):
    UserFactory()
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("load_demo")
    assert User.objects.count() == 1
    run("load_demo", "--force")
    assert User.objects.count() == 18


def test_a_part_that_fails_leaves_an_empty_database(transactional_db, only_the_kernel, monkeypatch):
    def fail(world):
        raise ZeroDivisionError

    monkeypatch.setitem(demo._parts, "billing", fail)
    with pytest.raises(ZeroDivisionError):
        run("load_demo")
    assert User.objects.count() == 0


def test_the_parts_are_built_bottom_floor_first_from_the_same_numbers(db, monkeypatch):
    built = []
    monkeypatch.setattr(demo, "_parts", {})
    for app in ("billing", "fsm", "dispatch", "customers"):
        demo.demo_part(app)(lambda world, app=app: built.append((app, world.random.random())))
    world = demo.world_at(clock.now())
    demo.build(world)
    again = list(built)
    built.clear()
    demo.build(demo.world_at(clock.now()))
    assert [app for app, _ in built] == ["fsm", "customers", "dispatch", "billing"]
    assert built == again


def test_the_first_owner_is_made_on_the_command_line(db, client):
    run("createsuperuser", "--noinput", username="Olivia", name="Olivia Grant")
    person = User.objects.get(username="olivia")
    assert (person.role, person.name) == (Role.OWNER, "Olivia Grant")
    assert history_model(User).objects.get(id=person.pk).source == "command:createsuperuser"


def test_the_map_of_events_can_be_printed(db):
    text = run("show_events")
    listeners = text.split("dispatch.events.JobCompleted\n")[1].split("\ndispatch.events")[0]
    assert "    -> billing." in listeners
    assert "(nobody listens)" in text


def test_schedules_are_set_once(db):
    assert f"{len(tasks.schedules())} schedules" in run("sync_schedules")
    assert Schedule.objects.count() == len(tasks.schedules())
    assert "set " not in run("sync_schedules")


def test_what_nobody_needs_any_more_is_forgotten_and_the_rest_is_kept(db):
    old, new = clock.now() - timedelta(days=3), clock.now() - timedelta(hours=1)
    for created_at in (old, new):
        event = LiveEventFactory()
        LiveEvent.objects.filter(pk=event.pk).update(created_at=created_at)
        Success.objects.create(
            id=str(created_at), name="x", func="x", started=created_at, stopped=created_at, success=True
        )
        Session.objects.create(session_key=str(created_at)[:40], session_data="", expire_date=created_at)
    Session.objects.create(session_key="open", session_data="", expire_date=clock.now() + timedelta(days=1))
    run("prune")
    assert LiveEvent.objects.count() == 1
    assert Success.objects.count() == 1
    assert [session.session_key for session in Session.objects.all()] == ["open"]


def test_unattributed_rows_are_counted_and_told(db, caplog):
    UserFactory()
    assert unattributed() == {}
    history_model(User).objects.update(source="unattributed")
    assert unattributed() == {"fsm.User": 1}
    report_unattributed_rows()
    assert "fsm.User has 1 unattributed history rows." in caplog.text
