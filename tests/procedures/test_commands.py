"""The commands: exit codes, JSON, and a catalogue page that is up to date."""

import argparse
import json
import shutil
from pathlib import Path

import pytest

from procedures.commands import add
from procedures.pages.catalogue_page import pages
from procedures.reading.loading import load_catalogue

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
SMALL = Path(__file__).parent / "small"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    args = parser.parse_args(["procedures", *arguments])
    return int(args.run(args))


def test_check_is_green(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--cases", str(CASES), "--quick") == 0
    assert capsys.readouterr().out.splitlines() == [
        "not proven: nothing was proven (--quick)",
        "procedures: ok",
    ]


def test_check_finds_a_wrong_case_and_a_rule_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (CASES / "r157_no_dog.yaml").read_text(encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(text.replace("applies: []", "applies: [R157]"), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("municipality: '992011'\n", encoding="utf-8")
    (tmp_path / "misspelt.yaml").write_text(text.replace("dog:", "dogs:"), encoding="utf-8")
    assert run("check", "--cases", str(tmp_path), "--quick", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    messages = {Path(problem["file"]).name: problem["message"] for problem in answer["problems"]}
    assert messages["wrong.yaml"] == "applies: missing R157"
    assert "missing: date, event, household" in messages["broken.yaml"]
    assert "no household fact of this name" in messages["misspelt.yaml"]
    assert any(problem["message"] == "R157@-/counter occurs in no case" for problem in answer["problems"])


def test_check_without_a_folder(tmp_path: Path) -> None:
    assert run("check", "--cases", str(tmp_path / "none")) == 2
    assert run("check", "--data", str(tmp_path / "none")) == 2


def test_explain_says_what_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", str(CASES / "r157_chip_not_asked.yaml")) == 0
    shown = capsys.readouterr().out
    assert "犬のマイクロチップは環境省のデータベースに登録されていますか" in shown
    assert "R157 犬の" in shown
    assert "○ 犬を飼っている ← 犬を飼っている（given）" in shown
    assert "？" in shown


def test_explain_as_json_and_on_another_day(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(CASES / "r009_day_before.yaml")
    assert run("explain", case, "--json", "--on", "2026-06-14") == 0
    answer = json.loads(capsys.readouterr().out)
    assert "R009" in {item["procedure_id"] for item in answer["guidance"]["applies"]}
    assert run("explain", case, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert "R009" not in {item["procedure_id"] for item in answer["guidance"]["applies"]}


def test_explain_reports_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (CASES / "r153_vehicle.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("R153: 2026-12-05", "R153: 2026-12-07"), encoding="utf-8")
    assert run("explain", str(wrong)) == 1
    assert "R153: expected 2026-12-07, got 2026-12-05" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        None,
        "a: [",
        "on: 2026-01-01",
        "municipality: '131016'\ndate: 2026-01-01\nevent: MOVE\nhousehold: [{id: a}]",
    ],
)
def test_explain_refuses_what_it_cannot_read(tmp_path: Path, text: str | None) -> None:
    case = tmp_path / "case.yaml"
    if text is not None:
        case.write_text(text, encoding="utf-8")
    assert run("explain", str(case)) == 2


CASE = "municipality: '992011'\ndate: 2026-11-24\nevent: MOVE\nhousehold:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CASE + "  - {id: a, facts: {moves: true}}\n  - {id: b, facts: {colour: red}}\n", ":6: household[1]"),
        (
            CASE.replace("MOVE", "MOVED") + "  - {id: a}\n",
            ":3: event: there is no life event MOVED; there are",
        ),
        (CASE + "  - {id: a, facts: {moves: maybe}}\n", ":5: household[0].facts.moves: the value does not"),
        (
            CASE.replace("11-24", "13-24") + "  - {id: a}\n",
            ":2: 2026-13-24 cannot be read: month must be in 1..12",
        ),
    ],
)
def test_what_is_wrong_with_a_case_is_said_with_its_line(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(text, encoding="utf-8")
    assert run("explain", str(case)) == 2
    assert said in capsys.readouterr().out
    assert run("explain", str(case), "--json") == 2
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 1


def test_a_folder_a_picture_and_a_day_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\xff\xfe")
    assert run("explain", str(tmp_path)) == run("explain", str(picture)) == 2
    assert capsys.readouterr().out.count("this is no text file") == 2
    with pytest.raises(SystemExit):
        run("explain", str(CASES / "r153_vehicle.yaml"), "--on", "yesterday")
    assert "yesterday is no day; a day is written YYYY-MM-DD" in capsys.readouterr().err


def test_a_day_before_all_known_changes_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(CASES / "r153_vehicle.yaml")
    assert run("explain", case, "--on", "2023-12-31") == 0
    assert "before 2024-01-01 are not in these rules" in capsys.readouterr().out
    assert run("explain", case, "--on", "2024-01-01") == 0
    assert "are not in these rules" not in capsys.readouterr().out


def test_what_cannot_be_is_part_of_the_whole_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", str(CASES / "conflict_head_of_three.yaml")) == 0
    assert "15歳未満の方が世帯主になっています" in capsys.readouterr().out


def test_a_fault_of_the_data_is_not_drowned_by_the_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SMALL, tmp_path / "data")
    rules = tmp_path / "data/national/1.yaml"
    rules.write_text(rules.read_text(encoding="utf-8") + "  - {id: R9", encoding="utf-8")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/a.yaml").write_text(
        CASE.replace("992011", "990001") + "  - {id: a}\n", encoding="utf-8"
    )
    assert run("check", "--quick", "--data", str(tmp_path / "data"), "--cases", str(tmp_path / "cases")) == 1
    shown = capsys.readouterr().out
    assert "1.yaml:" in shown
    assert "a.yaml" not in shown


def test_docs_are_written_and_up_to_date(tmp_path: Path) -> None:
    assert run("docs", "--out", str(tmp_path)) == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written == pages(load_catalogue())
    shipped = {name: (ROOT / "docs/procedures" / name).read_text(encoding="utf-8") for name in written}
    assert written == shipped, "run: kakanai procedures docs"
    for rule in load_catalogue().rules:
        assert f"[{rule.id}](" in written["catalogue.md"]
        assert any(f"</a>{rule.id} " in text for text in written.values())
    for fact in load_catalogue().facts:
        assert f"`{fact}`" in written["facts.md"]
    assert run("docs", "--municipality", "131016", "--out", str(tmp_path)) == 2


def test_schemas_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "--out", str(tmp_path / "schema"), "--json") == 0
    written = json.loads(capsys.readouterr().out)["written"]
    assert {Path(name).name for name in written} >= {"rules.schema.json", "overlay.schema.json"}
    assert all(json.loads(Path(name).read_text(encoding="utf-8"))["$schema"] for name in written)


def test_diff_names_rules_and_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = Path(shutil.copytree(SMALL, tmp_path / "new"))
    rules, overlay = new / "national/1.yaml", new / "municipalities/990001/overlay.yaml"
    rules.write_text(
        rules.read_text(encoding="utf-8").replace("less_than: 75", "less_than: 70"), encoding="utf-8"
    )
    overlay.write_text(overlay.read_text(encoding="utf-8").replace("yen: 300", "yen: 400"), encoding="utf-8")
    cases = tmp_path / "cases"
    cases.mkdir()
    person = "household: [{id: a, facts: {birth: 1954-01-01, ins: city}}]"
    head = "municipality: '990001'\ndate: 2026-11-24\nfacts: {moved_on: 2026-11-20}\n"
    (cases / "in.yaml").write_text(f"{head}event: IN\n{person}\n", encoding="utf-8")
    (cases / "out.yaml").write_text(f"{head}event: OUT\n{person}\n", encoding="utf-8")
    (cases / "born.yaml").write_text(f"{head}event: BORN\n{person}\n", encoding="utf-8")
    assert run("diff", str(SMALL), str(new), "--cases", str(cases), "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    named = [(one["where"], one["rule"], one["kind"], one["keys"]) for one in answer["rules"]]
    assert named == [
        ("national", "R003", "changed", ["when"]),
        ("990001", "procedures.C01", "changed", ["fee"]),
    ]
    changed = {
        one["case"]: [(c["procedure_id"], c["kind"]) for c in one["changes"]] for one in answer["cases"]
    }
    assert changed == {"in": [("R003", "disappeared")], "born": [("C01", "content")]}
    assert run("diff", str(SMALL), str(new), "--cases", str(cases)) == 1
    assert "R003 国保に加入：該当する → 該当しない" in capsys.readouterr().out
    assert run("diff", str(SMALL), str(SMALL), "--cases", str(cases)) == 0
    assert run("diff", str(SMALL), str(tmp_path / "none")) == 2


def test_check_says_what_was_not_proven(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--data", str(SMALL), "--cases", str(SMALL / "national"), "--quick", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["not_proven"] == ["nothing was proven (--quick)"]


def test_every_event_with_rules_has_a_page_with_its_diagram() -> None:
    catalogue = load_catalogue("990001", SMALL)
    made = pages(catalogue)
    assert {name for name in made if name.startswith("event_")} == {
        "event_in.md",
        "event_out.md",
        "event_born.md",
    }
    page = made["event_in.md"]
    assert "```mermaid\nflowchart LR\n" in page
    assert '    R001["R001 届出"]:::today' in page
    assert '    R003["R003 国保に加入？"]:::here' in page
    assert '    x_bus["x-bus バスの割引？"]:::here' in page
    assert "  R001 -.-> R003" in page
    assert "R004" not in page
    born = made["event_born.md"]
    assert "| [C01](1.md#c01) | 証明書 | 市民担当 | いつも |" in born
    assert "出産予定日の1日前まで" in born
    assert "- 手数料 fee: 300円（1通）" in made["overlay.md"] + made["1.md"]
    assert "- 同時に出ない excludes: R003" in made["1.md"]
