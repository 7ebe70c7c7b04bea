"""What was backed up comes out as it went in, and nothing is ever restored over something."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from fsm import safekeeping
from fsm.clock import now
from fsm.databases import configured, drop, exists, programs_for, server_major
from fsm.models import SafekeepingRun
from fsm.safekeeping import Table, Unsafe
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(make_customer, tmp_path):
    """A company with customers, a photo, and a row whose file was lost before."""
    for name in ("Ada's Bakery", "Pecan Street Grill", "Nuñez, Inés ☀"):
        make_customer(name=name)
    return make.JobPhotoFactory(file=ContentFile(make.picture(), "photo.png"))


@pytest.fixture
def backup(house, tmp_path):
    return safekeeping.back_up(tmp_path / "backups", now=now())


def test_a_restored_database_holds_every_row_and_every_file(backup, house, empty_database, tmp_path):
    store = FileSystemStorage(location=tmp_path / "restored")
    safekeeping.restore(backup.folder, empty_database, store, now=now())
    found = safekeeping.weighed(empty_database)
    found["fsm_safekeepingrun"] = backup.manifest.tables["fsm_safekeepingrun"]  # the restore recorded itself
    assert safekeeping.differences(backup.manifest.tables, found) == []
    assert found["customers_customer"].rows == 4
    assert store.open(house.file.name).read() == house.file.read()
    with empty_database.connect() as restored:
        names = {name for (name,) in restored.execute("SELECT name FROM customers_customer")}
        assert "Nuñez, Inés ☀" in names
        kinds = [kind for (kind,) in restored.execute("SELECT kind FROM fsm_safekeepingrun ORDER BY id")]
    assert kinds == ["restore"]


def test_the_restored_database_goes_on_working(backup, empty_database, tmp_path, make_customer):
    """Sequences, triggers and constraints came along."""
    store = FileSystemStorage(location=tmp_path / "restored")
    safekeeping.restore(backup.folder, empty_database, store, now=now())
    with safekeeping.using(empty_database):
        added = make_customer(name="Somebody new")
        assert added.number not in {"", None}
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            SafekeepingRun.objects.update(is_good=False)


def test_what_is_written_while_the_backup_runs_is_not_half_in_it(house, tmp_path, monkeypatch, make_customer):
    """The rows are counted in the snapshot that is dumped, so a later row is in neither."""
    real = safekeeping.weigh

    def weigh_after_a_new_customer(source):
        make_customer(name="Too late")
        return real(source)

    monkeypatch.setattr(safekeeping, "weigh", weigh_after_a_new_customer)
    made = safekeeping.back_up(tmp_path / "backups", now=now())
    assert made.manifest.tables["customers_customer"].rows == 4
    monkeypatch.undo()
    safekeeping.drill(made.folder)


def test_a_backup_says_which_files_were_lost_before(house, tmp_path, capsys):
    default_storage.delete(house.file.name)
    call_command("backup", to=tmp_path / "backups", verbosity=0)
    made = safekeeping.read(safekeeping.latest(tmp_path / "backups"))
    assert made.missing_files == [house.file.name]
    assert house.file.name in capsys.readouterr().err


@pytest.mark.parametrize("part", ["database", "files"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(part, backup, empty_database, tmp_path):
    victim = max((backup.folder / part).rglob("*.*"), key=lambda path: path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    store = FileSystemStorage(location=tmp_path / "restored")
    with pytest.raises(Unsafe, match="not as it was written"):
        safekeeping.restore(backup.folder, empty_database, store, now=now())
    with empty_database.connect() as target:
        assert safekeeping.table_names(target) == []
    assert list(safekeeping.walk(store)) == []


def test_a_backup_with_a_part_missing_is_refused(backup):
    (backup.folder / "database" / "toc.dat").unlink()
    with pytest.raises(Unsafe, match=r"toc\.dat is missing"):
        safekeeping.check(backup.folder)


def test_nothing_is_restored_over_a_database_that_holds_something(backup, tmp_path):
    store = FileSystemStorage(location=tmp_path / "restored")
    with pytest.raises(Unsafe, match="is not empty"):
        safekeeping.restore(backup.folder, configured(), store, now=now())
    assert list(safekeeping.walk(store)) == []


def test_nothing_is_restored_over_files(backup, empty_database, tmp_path):
    store = FileSystemStorage(location=tmp_path / "restored")
    store.save("mine.txt", ContentFile(b"mine"))
    with pytest.raises(Unsafe, match="files in the file store already"):
        safekeeping.restore(backup.folder, empty_database, store, now=now())
    with empty_database.connect() as target:
        assert safekeeping.table_names(target) == []


def test_a_manifest_cannot_lead_out_of_its_folder(backup):
    written = backup.folder / safekeeping.MANIFEST
    manifest = json.loads(written.read_text())
    manifest["files"]["../../stolen"] = {"size": 1, "sha256": "0" * 64}
    written.write_text(json.dumps(manifest))
    with pytest.raises(Unsafe, match="leads out"):
        safekeeping.check(backup.folder)


def test_a_drill_finds_a_row_that_changed_on_the_way(backup, monkeypatch):
    def lose_a_name(folder, manifest, target):
        real(folder, manifest, target)
        with target.connect() as connection:
            connection.execute("UPDATE customers_customer SET name = name || ' ' WHERE name LIKE 'Ada%'")

    real = safekeeping._fill
    monkeypatch.setattr(safekeeping, "_fill", lose_a_name)
    with pytest.raises(Unsafe, match="customers_customer: 4 rows, and not the same ones"):
        safekeeping.drill(backup.folder)
    run = SafekeepingRun.objects.get(kind="drill")
    assert not run.is_good
    assert run.report["differences"] == ["customers_customer: 4 rows, and not the same ones"]


def test_a_drill_leaves_a_record_and_no_database(house, tmp_path, capsys):
    """Without any backup yet it makes one first."""
    call_command("restore_drill", source=tmp_path / "backups")
    assert "came out as they went in" in capsys.readouterr().out
    runs = SafekeepingRun.objects.order_by("pk").values_list("kind", "is_good")
    assert list(runs) == [("backup", True), ("drill", True)]
    assert not exists(configured().beside(SafekeepingRun.objects.get(kind="drill").report["database"]))


def test_a_backup_that_fails_leaves_no_folder_and_says_so(house, tmp_path, monkeypatch):
    def break_down(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(safekeeping, "keep", break_down)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("backup", to=tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []
    run = SafekeepingRun.objects.get()
    assert (run.is_good, run.report["problem"]) == (False, "No space left on device")


def test_only_the_newest_backups_are_kept(house, tmp_path):
    folder, began = tmp_path / "backups", now()
    for minutes in range(3):
        safekeeping.back_up(folder, now=began + timedelta(minutes=minutes))
    (folder / ".unfinished-sightglass-20200101-000000").mkdir()
    (folder / "something-else").mkdir()
    newest = safekeeping.whole(folder)[1:]
    safekeeping.prune(folder, keep=2)
    assert sorted(folder.iterdir()) == sorted([*newest, folder / "something-else"])


def test_of_a_bucket_only_the_listing_is_kept_and_compared(house, tmp_path, monkeypatch, empty_database):
    bucket = InMemoryStorage()
    bucket.save("photos/one.jpg", ContentFile(b"12345"))
    monkeypatch.setattr(safekeeping, "default_storage", bucket)
    made = safekeeping.back_up(tmp_path / "backups", now=now())
    assert not made.manifest.files_copied
    assert made.manifest.files == {"photos/one.jpg": safekeeping.Kept(5)}
    bucket.delete("photos/one.jpg")
    with pytest.raises(Unsafe, match=r"does not have photos/one\.jpg"):
        safekeeping.restore(made.folder, empty_database, bucket, now=now())


def test_only_its_owner_can_read_a_backup(backup):
    for path in [backup.folder, *backup.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_command_makes_the_database_it_restores_into(backup, tmp_path, capsys):
    target = configured().beside(f"{configured().name}_made")
    try:
        call_command("restore", backup.folder, database_url=target.url, data=tmp_path / "fresh", verbosity=0)
        assert safekeeping.weighed(target)["customers_customer"].rows == 4
        assert (tmp_path / "fresh" / "files").is_dir()
    finally:
        drop(target)
    assert "Restored into" in capsys.readouterr().out


def test_a_password_is_never_on_a_command_line():
    address = configured().parse("postgresql://me:secret@db.example:5433/house?sslmode=require")
    assert address.environment()["PGPASSWORD"] == "secret"
    assert address.environment()["PGSSLMODE"] == "require"
    assert (address.name, address.host, address.port, address.user) == ("house", "db.example", "5433", "me")
    assert address.parse(address.url) == address


def test_differences_are_named():
    before = {"a": Table(2, "7"), "b": Table(1, "1"), "c": Table(1, "1")}
    after = {"a": Table(3, "7"), "b": Table(1, "2"), "d": Table(0, "0")}
    assert safekeeping.differences(before, after) == [
        "a: 3 rows instead of 2",
        "b: 1 rows, and not the same ones",
        "c: missing",
        "d: was not in the backup",
    ]


def test_the_programs_are_those_of_the_servers_version():
    major = server_major(configured())
    assert (programs_for(major) / "pg_dump").exists()
