"""The cards of a demonstration come from one hierarchy, on whichever of its stations they lie.

Behind vpcd: test_vpcd.py.
"""

from pathlib import Path

import pytest

from card_reader.messages import AuthenticityMessage
from card_reader.policy import ReadingPolicy, load_policy
from card_reader.reading import read_card
from card_reader.simulated.hierarchy import Hierarchy
from station.config import BadConfig, StationConfig, load_config
from station.devices import open_devices
from tests.station.conftest import settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authenticity")


@pytest.fixture(scope="module")
def policy(folder: Path) -> ReadingPolicy:
    """That of the hierarchy in `folder`/keys."""
    file = folder / "policy.yaml"
    file.write_text(Hierarchy(folder / "keys").policy(modes=["pin"]), encoding="utf-8")
    return load_policy(file)


def config_of(folder: Path, reader: str) -> StationConfig:
    file = folder / "station.toml"
    file.write_text(settings("counter", 8111, 8000, f"[reader]\n{reader}"), encoding="utf-8")
    return load_config(file)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("keys", AuthenticityMessage(result="verified")),
        ("other-keys", AuthenticityMessage(result="forged", reason="certificate_signature")),
    ],
)
def test_a_card_of_the_demonstration_is_verified_and_one_of_another_machine_is_not(
    folder: Path, policy: ReadingPolicy, keys: str, found: AuthenticityMessage
) -> None:
    devices = open_devices(config_of(folder, f'backend = "simulated"\nkeys_dir = "{keys}"'))
    assert devices.slot is not None
    assert devices.reader is not None
    devices.slot.insert("mihon_taro")
    message = read_card(devices.reader, bytearray(b"1234"), extras=policy.extras)
    assert (message.outcome, message.authenticity) == ("read", found)


def test_keys_of_simulated_cards_have_no_place_beside_a_real_reader(folder: Path) -> None:
    with pytest.raises(BadConfig, match="simulated cards only"):
        config_of(folder, 'backend = "pcsc"\nname = "ACR"\nkeys_dir = "keys"')
