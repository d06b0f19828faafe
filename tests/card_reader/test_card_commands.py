"""`kakanai card insert|authority` as processes of their own: faults, tries and keys in the state folder."""

import json
from pathlib import Path

from card_reader import ReaderState, load_policy, read_card
from card_reader.pcsc import PcscReader
from card_reader.simulated.personas import load_personas
from tests.card_reader.conftest import SLOT
from tests.card_reader.test_commands import process


def test_a_card_with_a_fault_is_laid_in_and_is_genuine_for_the_exported_policy(
    virtual_reader: PcscReader, tmp_path: Path
) -> None:
    with process("card", "authority", "--state-dir", str(tmp_path)) as exporting:
        policy_file = tmp_path / "policy.yaml"
        policy_file.write_text(exporting.communicate(timeout=20)[0], encoding="utf-8")
    policy = load_policy(policy_file)
    place = ("--slot", str(SLOT), "--state-dir", str(tmp_path))
    faults = ("--fault", "status=6F00@tries:text.pin", "--fault", "before=0065@read:text.attributes")
    number_b = load_personas()["mihon_taro"].number_b
    assert number_b is not None
    with process("card", "insert", "mihon_taro", *place, *faults) as holder:
        assert holder.stdout is not None
        assert load_personas()["mihon_taro"].label.ja in holder.stdout.readline()
        assert virtual_reader.wait_change(ReaderState.EMPTY, 5) is ReaderState.PRESENT
        by_pin = read_card(virtual_reader, bytearray(b"1234"))
        assert (by_pin.outcome, by_pin.detail) == ("unreadable", "query_tries:status_6F00")
        by_b = read_card(virtual_reader, bytearray(number_b.encode()), mode="b", extras=policy.extras)
        assert by_b.outcome == "read"
        assert by_b.authenticity is not None
        assert by_b.authenticity.result == "verified"
        wrong = bytearray(number_b.encode())
        wrong[-1] ^= 1
        assert read_card(virtual_reader, wrong, mode="b").tries_left == 9
    kept = json.loads((tmp_path / "cards" / "mihon_taro.json").read_text(encoding="utf-8"))
    assert (kept["b"], kept["pin"], kept["face_b"]) == (9, 3, 10)
