"""A station checks cards against the keys that its settings name, and against none that nobody named.

Behind vpcd: test_vpcd.py.
"""

import asyncio
from pathlib import Path

import pytest

from card_reader.messages import AuthenticityMessage, CardReadMessage
from card_reader.simulated.hierarchy import Hierarchy
from station.board import Board, StationState
from station.cards import CardDesk
from station.config import BadConfig, StationConfig, load_config
from station.devices import open_devices
from tests.station.conftest import settings

OURS, THEIRS = "keys", "other-keys"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hierarchies, and the policy that trusts the first."""
    made = tmp_path_factory.mktemp("authenticity")
    (made / "policy.yaml").write_text(Hierarchy(made / OURS).policy(), encoding="utf-8")
    return made


def config_of(folder: Path, reader: str, dev: bool = True) -> StationConfig:
    file = folder / "station.toml"
    text = settings("counter", 8111, 8000, f"[reader]\n{reader}")
    file.write_text(text if dev else text.replace("dev = true", "dev = false"), encoding="utf-8")
    return load_config(file)


def read(config: StationConfig) -> CardReadMessage:
    devices = open_devices(config)
    assert devices.slot is not None
    devices.slot.insert("mihon_taro", None)
    found = asyncio.run(
        CardDesk(devices.reader, Board(StationState()), extras=devices.extras).read(
            bytearray(b"1234"), allow_last_try=False
        )
    )
    assert found is not None
    assert found.outcome == "read"
    return found


def test_a_card_of_the_demonstration_is_verified_and_one_of_another_machine_is_not(folder: Path) -> None:
    simulated = 'backend = "simulated"\npolicy = "policy.yaml"\n'
    ours = read(config_of(folder, f'{simulated}keys_dir = "{OURS}"'))
    assert ours.authenticity == AuthenticityMessage(result="verified")
    assert ours.certificate_expires is not None
    theirs = read(config_of(folder, f'{simulated}keys_dir = "{THEIRS}"'))
    assert theirs.authenticity == AuthenticityMessage(result="forged", reason="certificate_signature")


def test_without_a_policy_nothing_is_looked_at_beside_the_attributes(folder: Path) -> None:
    plain = read(config_of(folder, f'backend = "simulated"\nkeys_dir = "{OURS}"'))
    assert (plain.authenticity, plain.certificate_expires, plain.apdus) == (None, None, 9)


@pytest.mark.parametrize(
    ("reader", "dev", "said"),
    [
        ('backend = "pcsc"\nname = "ACR"\npolicy = "policy.yaml"', False, "trusts test cards"),
        ('backend = "pcsc"\nname = "ACR"\nkeys_dir = "keys"', True, "simulated cards only"),
        ('backend = "simulated"\npolicy = "none.yaml"', True, "none.yaml"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, reader: str, dev: bool, said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        config_of(folder, reader, dev)
