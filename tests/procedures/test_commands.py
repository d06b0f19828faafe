"""The commands: exit codes, JSON, and a catalogue page that is up to date."""

import argparse
import json
from pathlib import Path

import pytest

from procedures.catalogue_page import pages
from procedures.commands import add
from procedures.loading import DATA, load_catalogue

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    args = parser.parse_args(["procedures", *arguments])
    return int(args.run(args))


def test_check_is_green(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--cases", str(CASES)) == 0
    assert capsys.readouterr().out == "procedures: ok\n"


def test_check_finds_a_wrong_case_and_a_rule_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (CASES / "r157_no_dog.yaml").read_text(encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(text.replace("applies: []", "applies: [R157]"), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("municipality: '992011'\n", encoding="utf-8")
    assert run("check", "--cases", str(tmp_path), "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    messages = {Path(problem["file"]).name: problem["message"] for problem in answer["problems"]}
    assert messages["wrong.yaml"] == "applies: missing R157"
    assert "missing: date, event, household" in messages["broken.yaml"]
    assert any(problem["message"] == "R157/counter occurs in no case" for problem in answer["problems"])


def test_check_without_a_folder(tmp_path: Path) -> None:
    assert run("check", "--cases", str(tmp_path / "none")) == 2
    assert run("check", "--data", str(tmp_path / "none")) == 2
    assert run("check", "--cases", str(CASES), "--data", str(DATA)) == 0


def test_explain_says_what_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", str(CASES / "r157_chip_not_asked.yaml")) == 0
    shown = capsys.readouterr().out
    assert "犬のマイクロチップは環境省のデータベースに登録されていますか" in shown
    assert "R157 犬の所在地の変更" in shown
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
