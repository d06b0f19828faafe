"""Search keys and candidates: what must be found, what must be told apart, and that nothing chooses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_adapter.matching import LIMIT, compare, fold_address, fold_kana, fold_name, rank, variant_table
from core_adapter.models import Difference, Resident, ResidentQuery
from core_adapter.sandbox.seed import load_seed

SEED = load_seed()
PEOPLE = {resident.name.display: resident for resident in SEED.residents}
SELECTOR = "\U000e0100"


def differences(query: ResidentQuery, resident: Resident) -> list[Difference] | None:
    match = compare(query, resident)
    return match.differences if match else None


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ("吉見　実", "𠮷見　実"),
        ("高橋　翔", "髙𣘺　翔"),
        ("葛城　凛", f"葛{SELECTOR}城　凛"),
        ("葛城　凛", "葛\ufe00城　凛"),
        ("渡辺　フミ", f"渡邉{SELECTOR}　フミ"),
        ("渡邊ふみ", "渡邉　フミ"),
        ("宮崎　圭", "宮﨑　圭"),
        ("ﾐﾎﾝ ﾀﾛｳ", "みほん　たろー"),
        ("santos  ribeiro\u3000maria", "SANTOS RIBEIRO MARIA"),
        ("ＳＡＮＴＯＳ　ＲＩＢＥＩＲＯ　ＭＡＲＩＡ", "SANTOS RIBEIRO MARIA"),
        ("神", "\ufa19"),
    ],
)
def test_names_that_are_one(written: str, recorded: str) -> None:
    assert fold_name(written) == fold_name(recorded)


@pytest.mark.parametrize(("one", "other"), [("見本　太郎", "見本　次郎"), ("土屋", "士屋"), ("末広", "未広")])
def test_names_that_are_two(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ガギグゲゴ", "カキクケコ"),
        ("パピプペポ", "ハビフベホ"),
        ("シャッキョ", "シヤツキヨ"),
        ("オオノ", "オウノ"),
        ("コウタロウ", "コータロー"),
        ("サトウ　ユウコ", "さとう ゆうこ"),
        ("ｻﾄｳﾕｳｺ", "サトウ　ユウコ"),
        ("ミホン－タロウ", "ミホンタロウ"),
        ("ヴァン", "ウアン"),
    ],
)
def test_readings_that_are_one(one: str, other: str) -> None:
    assert fold_kana(one) == fold_kana(other)


def test_readings_that_are_two() -> None:
    assert fold_kana("ユウコ") != fold_kana("ヨウコ")
    assert fold_kana("ミホン") != fold_kana("ミホコ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("見本県見本市花見台二丁目３番４号", "見本県見本市花見台2丁目3番4号"),
        ("見本県見本市花見台二丁目3番4号", "見本県見本市花見台２－３－４"),
        ("見本県見本市港町120番地1", "見本県見本市港町１２０－１"),
        ("見本県見本市港町120番地の1", "見本県見本市港町120番地1"),
        (
            "見本県見本市みどり台一丁目5番6号　メゾンみどり203号",
            "見本県見本市みどり台1-5-6 メゾンみどり２０３",
        ),
        ("見本県見本市大字架空字原45番地", "見本県見本市架空原45"),
        ("桜ヶ丘一丁目", "桜ケ丘1丁目"),
        ("見本県見本市一番町十二番地", "見本県見本市一番町12番地"),
    ],
)
def test_addresses_that_are_one(one: str, other: str) -> None:
    assert fold_address(one).replace("-", "") == fold_address(other).replace("-", "")


def test_addresses_that_are_two() -> None:
    assert fold_address("花見台二丁目3番4号") != fold_address("花見台二丁目34番")
    assert fold_address("花見台二丁目3番4号") != fold_address("花見台三丁目2番4号")


def test_a_card_may_leave_out_the_prefecture_but_not_the_house() -> None:
    taro = PEOPLE["見本　太郎"]
    shorter = ResidentQuery(name="見本太郎", address="見本市花見台二丁目３番４号")
    other = ResidentQuery(name="見本太郎", address="見本市花見台二丁目３番")
    assert differences(shorter, taro) == ["name_variant"]
    assert differences(other, taro) == ["name_variant", "address"]


def test_each_kind_of_difference_is_named() -> None:
    taro, mihonsky = PEOPLE["見本　太郎"], PEOPLE["MIHONSKY VAN DER REIJI ALEXANDER KAKUUNO"]
    birth = "1973-04-12"
    assert differences(ResidentQuery(name="見本　太郎", birth=birth), taro) == []
    assert differences(ResidentQuery(name="見本 太郎", birth=birth), taro) == ["name_variant"]
    assert differences(ResidentQuery(kana="みほんたろう", birth=birth), taro) == ["kana"]
    assert differences(ResidentQuery(name="見本　太郎", sex="2"), taro) == ["sex"]
    assert differences(ResidentQuery(name="見本　太郎", sex="9"), taro) == []
    assert differences(ResidentQuery(name="見本　太郎", address="架空県架空市1"), taro) == ["address"]
    assert differences(ResidentQuery(name="ミホンスキー アレックス"), mihonsky) == ["alias"]
    assert differences(ResidentQuery(name="例示", birth="1975-09-03"), PEOPLE["見本　花子"]) == ["alias"]


def test_a_changed_name_is_found_by_birth_date_and_address() -> None:
    hanako = PEOPLE["見本　花子"]
    card = ResidentQuery(name="架空　花子", birth="1975-09-03", address=hanako.address.text)
    assert differences(card, hanako) == ["name"]
    assert differences(card.model_copy(update={"address": None}), hanako) is None
    assert differences(card.model_copy(update={"birth": "1975-09-04"}), hanako) is None


def test_incomplete_birth_dates_neither_agree_nor_exclude() -> None:
    yoshi, kiyo = PEOPLE["例示　ヨシ"], PEOPLE["手本　キヨ"]
    assert differences(ResidentQuery(name="例示　ヨシ", birth="1951-05-03"), yoshi) == ["birth_unknown"]
    assert differences(ResidentQuery(name="例示　ヨシ", birth="1951"), yoshi) == []
    assert differences(ResidentQuery(name="例示　ヨシ", birth="1952"), yoshi) is None
    assert differences(ResidentQuery(name="手本　キヨ", birth="1936-01-01"), kiyo) == ["birth_unknown"]
    # A date alone must not bring up everybody whose date nobody knows.
    assert differences(ResidentQuery(birth="1936-01-01"), kiyo) is None


def test_a_geta_stands_for_any_one_character() -> None:
    assert differences(ResidentQuery(name="〓見　実", birth="1958-03-03"), PEOPLE["𠮷見　実"]) == [
        "name_variant"
    ]
    assert differences(ResidentQuery(name="〓〓見　実"), PEOPLE["𠮷見　実"]) is None


def test_the_beginning_of_a_name_finds_the_family_but_the_end_does_not() -> None:
    found = rank(ResidentQuery(name="見本"), SEED.residents)
    assert len(found) == len([r for r in SEED.residents if r.name.display.startswith("見本　")])
    assert rank(ResidentQuery(name="太郎"), SEED.residents) == []


def test_more_agreement_gives_more_points_and_people_alike_stay_alike() -> None:
    def score(**words: str) -> int:
        return rank(ResidentQuery.model_validate(words), SEED.residents)[0].score

    full = score(name="見本　太郎", birth="1973-04-12", sex="1", address="見本県見本市花見台二丁目3番4号")
    assert full == 100
    assert score(name="見本　太郎") < score(name="見本　太郎", birth="1973-04-12") <= full
    first, second = rank(ResidentQuery(name="見本　一郎", birth="1980-01-15"), SEED.residents)
    assert first.score == second.score
    there = second.resident.address.text
    known = rank(ResidentQuery(name="見本　一郎", birth="1980-01-15", address=there), SEED.residents)
    assert [match.differences for match in known] == [[], ["address"]]
    assert len(known) == 2


def test_there_is_a_limit() -> None:
    crowd = [PEOPLE["見本　太郎"]] * (LIMIT + 10)
    assert len(rank(ResidentQuery(name="見本"), crowd)) == LIMIT


def test_the_variant_table_is_sound() -> None:
    table = variant_table()
    assert table[ord("邊")] == table[ord("邉")] == "辺"
    # A group's first character is no other group's variant, or one pass of folding would not be enough.
    assert not {ord(first) for first in table.values()} & table.keys()


@given(st.text(max_size=30))
def test_folding_takes_any_text(text: str) -> None:
    for fold in (fold_name, fold_kana, fold_address):
        assert not any(c.isspace() for c in fold(text))


@given(
    st.text("見本髙𣘺葛あがオウーッabＺ", max_size=12),
    st.integers(0, 12),
    st.sampled_from(" \u3000" + SELECTOR),
)
def test_spaces_and_selectors_never_matter(text: str, at: int, inserted: str) -> None:
    assert fold_name(text[:at] + inserted + text[at:]) == fold_name(text)
