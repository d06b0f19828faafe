"""The list for residents: where, until when, what to bring, who may come, what it costs."""

import json
from pathlib import Path

import pytest
import yaml

from procedures import Case, Guidance, Text, evaluate, load_catalogue
from procedures.engine.guidance_parts import Fee
from procedures.pages.resident_list import ResidentRow, fee_text, resident_rows

CATALOGUE = load_catalogue("992011")
CASES = Path(__file__).parent / "cases"


def guided(name: str) -> Guidance:
    return evaluate(Case.from_dict(yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))), CATALOGUE)


@pytest.fixture(scope="module")
def rows() -> dict[str, ResidentRow]:
    return {row.procedure_id: row for row in resident_rows(guided("h01_four_with_school_child_and_mother"))}


def test_where_a_resident_has_to_go(rows: dict[str, ResidentRow]) -> None:
    """回らない: one desk, the rest is passed on; only what another authority does is elsewhere."""
    assert {name: rows[name].place for name in ("R010", "R031", "R052", "R153", "R070")} == {
        "R010": "here",
        "R031": "here",
        "R052": "handover",
        "R153": "elsewhere",
        "R070": "nothing",
    }
    assert rows["R081"].where.ja == "国保年金課 高齢者医療担当"
    assert rows["R081"].where.en.endswith(", Medical care for the elderly")


def test_what_to_bring_and_what_is_spared(rows: dict[str, ResidentRow]) -> None:
    assert [one.document_id for one in rows["R096"].bring] == ["care_certificate", "care_share_certificate"]
    assert rows["R070"].bring == ()
    assert [one.document_id for one in rows["R070"].spared] == ["pension_number"]
    assert rows["R070"].spared[0].note is not None


def test_who_may_come_with_what_they_need(rows: dict[str, ResidentRow]) -> None:
    who = [one.ja for one in rows["R010"].who]
    assert who[0] == "本人"
    assert "任意代理人（委任状が必要）" in who
    assert all(one.easy for row in rows.values() for one in row.who)


def test_what_is_not_confirmed_is_not_certain(rows: dict[str, ResidentRow]) -> None:
    assert rows["R010"].certain
    assert not rows["R096"].certain, "its source was not verified"
    open_rows = resident_rows(guided("ask_moves_in_dom"))
    assert any(row.open for row in open_rows)
    assert not any(row.open and row.certain for row in open_rows)


def test_the_list_is_plain_data(rows: dict[str, ResidentRow]) -> None:
    said = json.loads(json.dumps([row.to_dict() for row in rows.values()]))
    assert set(said[0]) == set(ResidentRow.__dataclass_fields__)
    assert said[0]["name"].keys() == {"ja", "easy", "en"}


@pytest.mark.parametrize(
    ("fee", "ja", "en"),
    [
        (Fee(0), "無料", "free"),
        (Fee(1000), "1,000円", "1,000 yen"),
        (Fee(300, Text("1通", "per copy", "1つ")), "1通300円", "300 yen per copy"),
        (Fee(None), "窓口でご確認ください", "please ask at the desk"),
    ],
)
def test_what_it_costs(fee: Fee, ja: str, en: str) -> None:
    assert (fee_text(fee).ja, fee_text(fee).en) == (ja, en)
    assert fee_text(fee).easy
