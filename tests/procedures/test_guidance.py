"""Items: reasons with sources, documents, applicants, deadlines, order; nothing personal when shown."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from procedures import Case, Fact, Guidance, Item, PersonCase, evaluate, load_catalogue
from procedures.engine.guidance import GROUPS, Reason
from procedures.proving.case_file import read_case

CASES = Path(__file__).parent / "cases"


def load(name: str) -> Case:
    return read_case(CASES / f"{name}.yaml").case


def guide(name: str) -> Guidance:
    return evaluate(load(name), load_catalogue())


def item(guidance: Guidance, procedure: str) -> Item:
    every = (*guidance.applies, *guidance.may_apply, *guidance.needs_confirmation)
    return next(found for found in every if found.procedure_id == procedure)


def leaves(reason: Reason) -> list[Reason]:
    below = [leaf for child in reason.children for leaf in leaves(child)]
    return below if reason.children else [reason]


@pytest.fixture(scope="module")
def four() -> Guidance:
    return guide("h01_four_with_school_child_and_mother")


def test_everything_becomes_json(four: Guidance) -> None:
    again = json.loads(json.dumps(four.to_dict(), ensure_ascii=False))
    lists = {"applies", "may_apply", "needs_confirmation", "not_applicable", "questions"}
    assert set(again) == {*lists, "next_question", "catalogue_version", "conflicts"}
    first = again["applies"][0]
    assert first["procedure_id"] == "R010"
    assert first["deadline"] == {
        "kind": "date",
        "on": "2026-12-04",
        "days_left": 10,
        "text": {
            "ja": "令和8年12月4日（金）まで（異動日の翌日から14日以内）",
            "easy": "2026年（ねん）12月（がつ）4日（よっか） 金曜日（きんようび）まで",
            "en": "by Fri 4 December 2026 (within 14 days after the date of the move)",
        },
    }
    assert first["department"] == {
        "id": "shimin",
        "name": {"ja": "市民課", "easy": "市民課（しみんか）", "en": "Residents' Affairs Division"},
        "desk": None,
        "external": False,
    }


def test_a_reason_names_facts_values_and_sources(four: Guidance) -> None:
    card = item(four, "R031")
    why = next(entry for entry in card.why if entry.person_id == "taro")
    assert why.because.ja == "引っ越す、マイナンバーカード：持っている（有効）"
    assert why.because.en == "moves; My Number card: holds a valid one"
    found = {leaf.fact: (leaf.value, leaf.source, leaf.result) for leaf in leaves(why.conditions)}
    assert found["mnc"] == ("held", "card", "true")


def test_what_goes_without_saying_stands_in_the_tree_alone() -> None:
    why = item(guide("r192_last_day"), "R192").why[0]
    assert why.because.ja.endswith("読み取った、利用者証明用電子証明書の有効期限：令和8年11月24日")
    assert "死亡の手続きではないため" in str(why.conditions.to_dict())


def test_what_nobody_of_the_household_has_is_not_told_as_a_reason() -> None:
    """A condition under 「次に当てはまらない」 is said as it was found, never turned into its opposite."""
    baby = item(guide("p_birth_while_moving"), "R108").why[0]
    assert baby.because.ja.endswith("世帯に「医療保険：生活保護（医療扶助）」方がいない")
    assert "nobody in the household" in baby.because.en


def test_a_presumed_value_says_why() -> None:
    guidance = guide("h01_four_with_school_child_and_mother")
    mother = next(entry for entry in item(guidance, "R096").why if entry.person_id == "mother")
    age = next(leaf for leaf in leaves(mother.conditions) if leaf.fact == "birth")
    assert age.found is not None
    assert age.found.ja == "81歳（1945年3月3日生まれ）"
    case = load("h13_core_knows_most")
    certificate = item(evaluate(case, load_catalogue()), "R123")
    assert certificate.deciding[0].fact == "childcare"
    assert certificate.deciding[0].state == "unasked"


def test_not_applicable_says_why(four: Guidance) -> None:
    why = {entry.procedure_id: entry.why.ja for entry in four.not_applicable}
    assert why["R015"] == "世帯全員が抜けるため、世帯主変更の届出は要りません。"
    assert why["R123"] == "「小学校入学前である」に当てはまる方がいません。"
    stays = {entry.procedure_id: entry.why.ja for entry in guide("r015_head_stays").not_applicable}
    assert stays["R015"] == "世帯主が世帯に残るため、世帯主は変わりません。"
    one_adult = {
        entry.procedure_id: entry.why.ja for entry in guide("r015_wife_and_child_under_15").not_applicable
    }
    assert "15歳以上が1人以下" in one_adult["R015"]


def test_documents_and_what_makes_them_unnecessary(four: Guidance) -> None:
    papers = {document.id: document for document in item(four, "R096").documents}
    assert papers["care_share_certificate"].needed == "yes"
    for linked in item(four, "R070").documents:
        assert linked.needed == "no"
        assert linked.note is not None
    cards = {document.id: document for document in item(four, "R010").documents}
    assert cards["mnc_card"].person_ids == ("taro", "child")
    assert "residence_card" not in cards
    unsure = {
        document.id: document.needed
        for document in item(guide("r096_65_by_the_day_before"), "R096").documents
    }
    assert unsure == {"care_certificate": "yes", "care_share_certificate": "no"}
    foreign = {
        document.id: document.needed for document in item(guide("r010_only_those_who_move"), "R010").documents
    }
    assert foreign["residence_card"] == "unknown"


def test_who_may_apply_and_who_cannot_finish_today(four: Guidance) -> None:
    applicants = {applicant.who: applicant.same_day for applicant in item(four, "R032").applicants}
    assert applicants == {"self": True, "proxy": False}


def test_departments_desks_and_groups(four: Guidance) -> None:
    elderly = item(four, "R081").department
    assert (elderly.id, elderly.name.ja) == ("kokuho", "国保年金課")
    assert elderly.desk is not None
    assert elderly.desk.ja == "高齢者医療担当"
    groups = {entry.procedure_id: entry.group for entry in four.applies}
    assert groups["R010"] == "today"
    assert groups["R052"] == "here"
    assert groups["R160"] == groups["R070"] == "advice"
    assert item(guide("h06_single_mother"), "R123").group == "handover"
    assert item(four, "R119").department.external


def test_items_come_in_the_order_of_the_counter(four: Guidance) -> None:
    ranks = [(GROUPS.index(entry.group), entry.order) for entry in four.applies]
    assert ranks == sorted(ranks)
    order = [entry.procedure_id for entry in four.applies]
    assert order.index("R031") < order.index("R032") < order.index("R052") < order.index("R118")
    leaving = [entry.procedure_id for entry in guide("h07_head_moves_alone").applies]
    assert leaving[:2] == ["R015", "R010"]
    forgotten = [entry.procedure_id for entry in guide("h02_young_single").applies]
    assert forgotten.index("R033") < forgotten.index("R031")


def test_protection_is_marked_so_that_it_reaches_no_paper() -> None:
    assert item(guide("h09_protected_mother_and_child"), "R019").confidential
    assert not item(guide("h09_protected_mother_and_child"), "R010").confidential


def test_a_late_filing_says_by_how_much() -> None:
    late = item(guide("r010_late"), "R052").deadline
    assert late.days_left == -40
    assert "40日過ぎています" in late.text.ja


def test_what_needs_confirmation_names_the_fact() -> None:
    chip = item(guide("r157_chip_declared_unknown"), "R157")
    assert [(fact.fact, fact.state) for fact in chip.deciding] == [("dog_chip", "declared_unknown")]
    year = item(guide("r052_birth_year_only"), "R081")
    assert [(fact.fact, fact.state, fact.person_ids) for fact in year.deciding] == [
        ("birth", "incomplete", ("a",))
    ]
    away = item(guide("r019_core_away"), "R019")
    assert [(fact.fact, fact.state) for fact in away.deciding] == [("dv_support", "unavailable")]


def test_each_state_of_a_deciding_fact_names_its_people() -> None:
    case = Case.from_dict(
        {
            "municipality": "992011",
            "date": "2026-11-24",
            "event": "MOVE",
            "household": [
                {
                    "id": "asked",
                    "facts": {"moves": True, "pens": "first", "pens_number_linked": {"unknown": True}},
                },
                {"id": "open", "facts": {"moves": True, "pens": "first"}},
            ],
        }
    )
    pension = item(evaluate(case, load_catalogue()), "R070")
    states = {fact.state: fact.person_ids for fact in pension.deciding}
    assert states == {"declared_unknown": ("asked",), "unasked": ("open",)}


def test_a_branch_explains_itself(four: Guidance) -> None:
    because = item(four, "R070").why[0].because.ja
    assert "国民年金の種別：第1号被保険者" in because
    assert "年金機構に個人番号が収録されている" in because


def test_representations_hold_no_personal_values(four: Guidance) -> None:
    shown = repr(four) + repr([entry.why for entry in four.applies])
    assert "1973" not in shown
    assert "要介護1" not in shown


def test_a_household_of_eight_takes_milliseconds() -> None:
    base = load("h13_core_knows_most")
    people = tuple(
        PersonCase(f"p{number}", {**base.household[number % 3].facts, "is_head": Fact(number == 0)})
        for number in range(8)
    )
    case = replace(base, household=people)
    catalogue = load_catalogue()
    evaluate(case, catalogue)
    best = 1.0
    for _ in range(20):
        begin = time.process_time()
        evaluate(case, catalogue)
        best = min(best, time.process_time() - begin)
    assert best < 0.005


def test_an_account_for_public_payments_spares_the_bank_account() -> None:
    file = load("h17_family_moves_in")
    husband = file.household[0]
    facts = {**husband.facts, "public_account": Fact(True, "core")}
    people = (replace(husband, facts=facts), *file.household[1:])
    known = evaluate(replace(file, household=people), load_catalogue())
    papers = {document.id: document.needed for document in item(known, "R100").documents}
    assert papers == {"claimant_account": "no", "claimant_insurance": "yes", "number_proof": "yes"}
    unknown = {
        document.id: document.needed for document in item(guide("h17_family_moves_in"), "R100").documents
    }
    assert unknown["claimant_account"] == "unknown"
