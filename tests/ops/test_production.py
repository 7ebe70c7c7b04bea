"""What a company's own installation stands on: settings, files in a bucket, examples that agree with us."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from fsm.launch.up import TIERS
from fsm.settings import database

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "docs" / "deploy"
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(ROOT),
    "DJANGO_SETTINGS_MODULE": "fsm.settings",
    "SECRET_KEY": "Zq3-" + "p9wX_4kL" * 7,
    "DATABASE_URL": "postgresql://house:secret@db.example:5432/house?sslmode=verify-full",
    "ALLOWED_HOSTS": "office.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://office.example.com",
    "SIGHTGLASS_POOL": "1",
}


def python(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, with nothing of ours in its environment."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=PRODUCTION | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def setting(name: str, **more: str) -> object:
    """A setting as a production process has it."""
    done = python("-c", f"import json, fsm.settings as s; print(json.dumps(s.{name}, default=str))", **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_production_settings_leave_nothing_to_say(tmp_path):
    words = ("-m", "django", "check", "--deploy", "--fail-level", "DEBUG")
    done = python(*words, SIGHTGLASS_DATA=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "0 silenced" in done.stdout + done.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL"])
def test_without_its_secrets_it_does_not_start(missing):
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    done = subprocess.run(
        [sys.executable, "-c", "import fsm.settings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"Set the environment variable {missing}" in done.stderr


def test_what_a_database_url_says_beyond_the_address_reaches_the_driver():
    found = database("postgresql://me:p%40ss@db.example:5433/house?sslmode=require&connect_timeout=3")
    assert found["OPTIONS"] == {"sslmode": "require", "connect_timeout": "3"}
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "me",
        "p@ss",
        "db.example",
        "5433",
    )
    assert database("postgresql:///house?host=/run/pg&user=me") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "house",
        "USER": "me",
        "PASSWORD": "",
        "HOST": "/run/pg",
        "PORT": "",
        "OPTIONS": {},
    }


def test_the_pool_is_only_where_it_was_asked_for():
    default = setting("DATABASES", SIGHTGLASS_POOL_SIZE="4")["default"]
    assert default["OPTIONS"]["pool"]["max_size"] == 4
    assert default["OPTIONS"]["sslmode"] == "verify-full"
    assert default["CONN_MAX_AGE"] == 0
    without = setting("DATABASES", SIGHTGLASS_POOL="0")["default"]
    assert "pool" not in without["OPTIONS"]
    assert without["CONN_MAX_AGE"] == 60


def test_files_go_into_a_private_bucket_by_settings():
    """Looked at without a network: the store is made, and signs an address for a minute's use."""
    bucket = {
        "S3_BUCKET": "house-files",
        "S3_ENDPOINT": "https://s3.example",
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY": "AKIAEXAMPLE",
        "S3_SECRET_KEY": "not-a-real-secret",
    }
    assert setting("STORAGES")["default"] == {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    code = (
        "import django, json; django.setup()\n"
        "from django.core.files.storage import default_storage as store\n"
        "print(json.dumps({'url': store.url('photos/one.jpg'), 'acl': store.default_acl,"
        " 'over': store.file_overwrite, 'name': store.bucket_name, 'endpoint': store.endpoint_url}))"
    )
    done = python("-c", code, **bucket)
    assert done.returncode == 0, done.stderr
    store = json.loads(done.stdout.splitlines()[-1])
    assert store["url"].startswith("https://s3.example/house-files/photos/one.jpg?")
    assert "X-Amz-Signature=" in store["url"]
    assert "X-Amz-Expires=300" in store["url"]
    assert (store["acl"], store["over"], store["name"]) == ("private", False, "house-files")
    done = python("-c", code, **bucket, S3_ACL="")
    assert json.loads(done.stdout.splitlines()[-1])["acl"] is None


# The examples ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def units() -> dict[str, configparser.ConfigParser]:
    found = {}
    for path in sorted(DEPLOY.glob("*.service")) + sorted(DEPLOY.glob("*.timer")):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.optionxform = str
        parser.read_string(path.read_text())
        found[path.name] = parser
    return found


def test_every_unit_file_of_the_examples_can_be_read(units):
    assert {"sightglass-web.service", "sightglass-live.service", "sightglass-worker@.service"} <= set(units)
    for name, unit in units.items():
        assert "Unit" in unit, name
        if name.endswith(".timer"):
            assert name.replace(".timer", ".service") in units
            continue
        assert unit["Service"]["EnvironmentFile"] == "/etc/sightglass/sightglass.env"
        assert unit["Service"]["User"] == "sightglass"


def test_the_examples_name_commands_that_we_have(units):
    from django.core.management import get_commands

    commands = get_commands()
    named = {
        match[1]
        for unit in units.values()
        if "Service" in unit
        for match in re.finditer(r"manage\.py (\w+)", unit["Service"]["ExecStart"])
    }
    assert {"work", "backup", "restore_drill"} <= named
    text = (ROOT / "docs" / "operations.md").read_text()
    named |= {match[1] for match in re.finditer(r"manage\.py (\w+)", text)} - {"up"}
    assert named <= set(commands), named - set(commands)


def test_the_page_for_operators_enables_every_tier():
    text = (ROOT / "docs" / "operations.md").read_text()
    for tier in TIERS:
        assert f"sightglass-worker@{tier}" in text


def test_the_page_for_operators_names_every_variable_that_the_settings_read():
    text = (ROOT / "docs" / "operations.md").read_text()
    source = (ROOT / "fsm" / "settings.py").read_text()
    read = set(re.findall(r'env(?:_flag|_list)?\(\s*"([A-Z0-9_]+)"', source))
    missing = {name for name in read if f"`{name}`" not in text}
    assert missing <= {"SIGHTGLASS_TEST_DATABASE", "SIGHTGLASS_LIVE_PORT"}, missing


def test_the_proxy_lets_through_what_the_house_itself_would_take():
    text = (DEPLOY / "nginx.conf").read_text()
    allowed = re.search(r"client_max_body_size (\d+)m;", text)
    assert int(allowed[1]) * 2**20 > settings.UPLOAD_LIMIT
    live = re.search(r"location /live/ \{(.*?)\}", text, re.S)[1]
    assert "proxy_buffering off;" in live
    assert settings.LIVE_PATH == "/live/"
    for header in ("X-Forwarded-Proto $scheme", "Host $host"):
        assert f"proxy_set_header {header};" in text
