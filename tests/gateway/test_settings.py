"""Settings that can't work stop the process with one sentence; secrets stay out of sight."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import Misset
from gateway.settings import Settings
from gateway.vault import Vault, own_keys
from tests.business import KEY

ROOT = Path(__file__).parent.parent.parent
OTHER = base64.b64encode(b"x" * 32).decode()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"PORT": "http"}, "PORT is 'http'"),
        ({"PORT": "70000"}, "PORT is '70000'"),
        ({"PUBLIC_URL": "desk.example.com"}, "PUBLIC_URL is 'desk.example.com'"),
        ({"PUBLIC_URL": "https://d.example/?a=1"}, "leave out what follows"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL does not start with postgresql://"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL does not start with redis://"),
        ({"OPENAI_BASE_URL": "ftp://x"}, "OPENAI_BASE_URL is 'ftp://x'"),
    ],
)
def test_a_setting_that_cannot_work_is_named(env: dict[str, str], said: str) -> None:
    with pytest.raises(Misset) as caught:
        Settings.read(env)
    assert said in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"PORT": "zero"}, "frontdesk: PORT is 'zero'"),
        ({"SECRET_KEYS": "short"}, "frontdesk: SECRET_KEYS holds a key that is not base64"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}, "frontdesk: The database does not answer"),
    ],
)
def test_the_process_refuses_to_start_and_says_why(env: dict[str, str], said: str, tmp_path: Path) -> None:
    environment = {**os.environ, "STATE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), **env}
    command = [sys.executable, "-m", "gateway", "serve"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_secrets_are_not_shown() -> None:
    env = {
        "OPENAI_API_KEY": "sk-hidden",
        "META_APP_SECRET": "hidden",
        "SECRET_KEYS": "hidden",
        "REDIS_URL": "redis://:hidden@x",
    }
    assert "hidden" not in repr(Settings.read(env))


def test_several_secrets_are_read_in_order() -> None:
    assert Settings.read({"META_APP_SECRET": "new, old"}).meta_app_secrets == ("new", "old")


def test_a_sealed_secret_opens_in_its_own_place_alone() -> None:
    sealed = Vault([KEY]).seal("token", "usr_1/phone_numbers.access_token/num_1")
    assert Vault([OTHER, KEY]).open(sealed, "usr_1/phone_numbers.access_token/num_1") == "token"
    assert not Vault([OTHER, KEY]).is_newest(sealed)
    with pytest.raises(Misset, match="does not belong to the row"):
        Vault([KEY]).open(sealed, "usr_2/phone_numbers.access_token/num_1")
    with pytest.raises(Misset, match="SECRET_KEYS lacks"):
        Vault([OTHER]).open(sealed, "usr_1/phone_numbers.access_token/num_1")


def test_a_signature_is_for_one_purpose() -> None:
    vault = Vault([KEY])
    signature = vault.sign("session", b"data")
    assert vault.signed("session", b"data", signature)
    assert not vault.signed("other", b"data", signature)
    assert not vault.signed("session", b"data!", signature)


def test_an_installation_makes_its_own_key_once(tmp_path: Path) -> None:
    keys = own_keys(tmp_path / "state")
    assert own_keys(tmp_path / "state") == keys
    assert (tmp_path / "state" / "secret_keys").stat().st_mode & 0o777 == 0o600
    Vault(keys)
