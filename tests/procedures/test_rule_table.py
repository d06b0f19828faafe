"""The rule table as typed from the research, beside what the data says: nothing missing, nothing twice.

Sources: the rule table v0.1 (§1–§8: R001–R177, C01–C10) and its corrections (N01–N12 are R180–R191; where the
two differ, the corrections stand). R192 is no row of it: what a card tells without a PIN, read on municipal
pages. Columns: id, 区分 (– = notification itself, S = certificate), 差, 確度.
確度: V read in a source; V/K partly from general knowledge; K general knowledge; U uncertain.
§7 and §8 have no column 差: N there unless a by-law or the practice of each municipality decides (M, D).
"""

import re

import pytest

from procedures.engine.catalogue import Face, Rule
from procedures.reading.loading import load_catalogue

TABLE = """
R001 –   N V   | R002 –   N V   | R003 –   D V/K | R004 –   N V   | R005 –   N V   | R006 –   D V
R007 A   N V   | R008 A   N V   | R009 B   N U   | R010 –   N V   | R011 –   N V   | R012 E   N V
R013 D   N V   | R014 –   N V   | R015 –   N V   | R016 –   D V   | R017 –   D V   | R018 E   M V
R019 C   N V   | R020 B   N V/K | R021 C   N V/K | R022 C   N V   | R023 E   N V
R030 B   D V   | R031 B   N V   | R032 B   N V   | R033 B   N V   | R034 B   D V   | R035 B   N V
R036 B   N V   | R037 B   N V   | R038 B   N V   | R039 E   M K   | R040 D   N K   | R041 D   N K
R050 A   N V/K | R051 A   N V   | R052 A   N V   | R053 B   N V   | R054 B   N V/K | R055 B   N K
R056 B   N V/K | R057 E   N V/K | R058 A/B N V   | R059 B   D V   | R060 B   N K   | R061 B   N K
R062 B   M V   | R063 A/E N V
R070 E/B D V   | R071 B   N V/K | R072 B/D N K   | R073 B   N V/K | R074 B   N V/K | R075 B   N V
R076 B   N U   | R077 C/D N V   | R078 C   N V/K
R080 A   N V   | R081 A   D V   | R082 A   D V   | R083 B   N K   | R084 B   N K
R090 A   N V/K | R091 B   N V   | R092 B   N V/K | R093 B   N K   | R094 B   N V   | R095 A/C D V
R096 A   D K
R100 B   N V   | R101 D   N V   | R102 B   N V   | R103 B   N V   | R104 B/A N K   | R105 B   N K
R106 B   N V   | R107 C   N V/K | R108 B   M V   | R109 B/C N V/K | R110 C   N K   | R111 B   M V
R112 B/C N V/K | R113 B   M V   | R114 C   D K   | R115 B   D U   | R116 B/C D V   | R117 B   M K
R118 B   D V   | R119 D   N K   | R120 B   D K   | R121 C   D K   | R122 B   M K   | R123 C   M V
R124 B   N K   | R125 C   M V   | R126 A/B M K   | R127 B   M K
R130 B   N V   | R131 B/C M V   | R132 B   N V   | R133 B   N V/K | R134 C   N K   | R135 B   N V
R136 B   M V   | R137 D/B D K   | R138 B   D V   | R139 C   N K   | R140 C   M K   | R141 B   M K
R150 B   M V/K | R151 E   M K   | R152 B   M U   | R153 D   N V/K | R154 B   N K   | R155 B   M K
R156 B   M K   | R157 B/D M V   | R158 D/B M V   | R159 C   M K   | R160 D   M V   | R161 E   N V/K
R162 B   N K   | R163 D   M K   | R164 D   N V
R170 –   N V   | R171 C/D N V   | R172 –   N V   | R173 C   D V   | R174 –   N K   | R175 –   N K
R176 C   N V   | R177 C   N V
R180 B   N V   | R181 B   D K   | R182 A/B D V   | R183 D/E N V   | R184 B   N V   | R185 D   N V
R186 D   N V   | R187 A   D V   | R188 B/D M V   | R189 A   N V   | R190 A   N K   | R191 B   N V/K
R192 B   D U
C01  S   M V/K | C02  S   M V   | C03  S   M V   | C04  S   M K   | C05  S   M K   | C06  S   M K
C07  S   N K   | C08  S   N K   | C09  S   M K   | C10  S   M K
"""
ROWS = {
    row.split()[0]: row.split()[1:] for line in TABLE.split("\n") for row in line.split("|") if row.strip()
}

# The column 課 of §3–§6 and the corrections; §1, §2, §7 and §8 belong to the registry unless named here.
DEPARTMENTS = {
    "kokuho": "R050-R063 R070-R075 R076 R077 R078 R080-R084 R182 R183 R187 R189 R190",
    "kaigo": "R090-R096",
    "kosodate": "R100 R102-R111 R126 R127 R180 R184 R191",
    "boshi": "R113-R117",
    "gakumu": "R118 R120-R122",
    "hoiku": "R123-R125",
    "shogai": "R112 R130-R136 R138",
    "korei": "R140",
    "seikatsu": "R139",
    "bosai": "R141",
    "zei": "R152 R154-R156 R188 C05 C06",
    "kankyo": "R157 R160",
    "suido": "R158",
    "jutaku": "R159",
    "senkan": "R161 R162",
    "kyodo": "R163",
    "post": "R164",
    "unyu": "R153",
    "school": "R119",
    "workplace": "R101",
    "hokenjo": "R137",
    "myna": "R013 R040 R041",
    "nenkin_office": "R185 R077/at_the_office",
    "kenpo": "R186",
    "immigration": "R171b",
}
# The column event × 条件 by the groups of codes.yaml, as corrected (IN_DOM* for R080, R091 …). Where the
# table names none: who notifies, and protection, at any notification of residence; R192 at any event.
EVENTS = {
    "ANY": "R192",
    "IN_ANY": "R023 R050 R084 R090 R100 R113 R120 R121 R136 R150 R152 R161",
    "IN_DOM_ANY": "R001 R002 R022 R030 R034 R080 R091 R094 R183",
    "IN_ABR": "R003 R181",
    "IN_46": "R004",
    "IN_47": "R005",
    "IN_ABR IN_46": "R071",
    "FROM_ABROAD": "R189",
    "ADDR": (
        "R007-R009 R037 R056 R109 R112 R118 R122 R124 R125 R130-R135 R137 R140 R141 R153 R160 R163 R164"
    ),
    "ADDR OUT_DOM": "R105",  # beyond the table, from practice: a child who leaves alone
    "MOVE": "R010 R096 R126 R127",
    "IN_DOM_ANY MOVE": "R081",
    "IN_DOM_ANY IN_47 MOVE": "R070",  # from abroad the first category begins anew: R071
    "ADDR HH_ANY": "R006",
    "ADDR HH_ANY OUT_ANY": "R016-R018",
    "ADDR OUT_ANY": "R019 R123 R139 R158",
    "ADDR NAME": "R036",
    "ADDR NAME_ANY": "R032 R033",
    "ADDR NAME_ANY BIRTH": "R021 R040",
    "ADDR NAME_ANY DEATH": "R156",
    "ADDR DEATH": "R157",
    "FOREIGN_IN NAME_ANY": "R020",
    "NAME_ANY MOVE": "R031",
    "NAME_ANY": "R187",
    "NAME": "R177",
    "OUT_ANY": "R011 R051 R092 R104",
    "OUT_DOM": "R012 R013 R054 R055 R082 R083",
    "OUT_ABR": "R035 R072 R154 R162 R184 R190",
    "OUT_DOM IN_DOM_ANY": "R093",
    "OUT_ANY MOVE": "R119",
    "OUT_ANY MOVE DEATH": "R015",
    "OUT_ANY DEATH": "R138 R188",
    "OUT_ANY NAME_ANY DEATH": "R151",
    "OUT_ABR DIVORCE DEATH": "R107",
    "HH_ANY": "R014",
    "HH_ANY MOVE OUT_ANY DEATH NAME_ANY": "R052",
    "HH_ANY OUT_ANY BIRTH DEATH": "R159",
    "BIRTH": "R038 R058 R059 R102 R103 R116 R170 R171",
    "BIRTH PREG": "R060 R075",
    "BIRTH IN_ANY": "R076 R101 R106 R108 R117",
    "BIRTH IN_ANY PREG": "R115",
    "BIRTH IN_ANY DIVORCE DEATH": "R110 R111",  # corrected: desertion, protection orders
    "PREG": "R114",
    "DEATH": "R039 R062 R063 R077 R078 R095 R155 R172 R173 R182 R185 R186",
    "INS_LOSS": "R061 R180",
    "INS_LOSS IN_ANY": "R041 R074",
    "INS_LOSS DIVORCE DEATH": "R053 R073",
    "INS_LOSS DIVORCE DEATH IN_ANY": "R057",
    "MARRY": "R174 R191",
    "DIVORCE": "R175 R176",
    "CERT": "C01 C02 C03 C04 C05 C06 C07 C08 C09 C10",
}
# §10-4: the notifications themselves, and what is lost when it is missed today.
TODAY = "R001 R002 R003 R004 R005 R010 R011 R014 R015 R091 R100 R102 R103 R170 R172 R180 R184"
# Other rows whose handling is not the one of their class, and why.
HANDLING = {
    "R006": "here",  # a paper that belongs to the notification
    "R016": "here",  # part of the notification
    "R017": "here",  # part of the notification
    "R174": "here",  # takes effect on filing: no day to miss
    "R175": "here",  # takes effect on filing: no day to miss
    "R021": "advice",  # C by the table, but only a reminder at the counter
    "R140": "advice",  # C by the table, but only a reminder at the counter
}
GROUPS = {"–": "here", "A": "here", "B": "here", "C": "handover", "D": "advice", "E": "advice", "S": "here"}

# A municipality's own procedures (x-) are in no table.
RULES: list[Rule] = [rule for rule in load_catalogue().rules if not rule.id.startswith("x-")]


def row_of(name: str) -> str:
    """R171a → R171: the corrections split two rows into parts."""
    return name if name in ROWS else name[:-1]


def faces(rule: Rule) -> list[tuple[str, Face]]:
    """The main face (unless the variants leave nothing to it) and those of the variants."""
    named = [(f"{row_of(rule.id)}/{variant.id}", variant.face) for variant in rule.variants]
    return [(row_of(rule.id), rule.face), *named]


def ids(text: str) -> set[str]:
    """R050-R052 R060 → the four ids, as far as they are rows of the table."""
    found: set[str] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        if last:
            found |= {
                row for row in ROWS if row.startswith("R") and int(first[1:]) <= int(row[1:]) <= int(last[1:])
            }
        else:
            found.add(part)
    return found


def test_every_row_is_asked_at_the_life_events_of_the_table() -> None:
    """Neither at one less nor at one more."""
    codes = load_catalogue().codes
    table = {
        row: frozenset(event for name in named.split() for event in codes.event_groups.get(name, [name]))
        for named, rows in EVENTS.items()
        for row in ids(rows)
    }
    assert set(table) == set(ROWS)
    assert [rule.version for rule in RULES if rule.events != table[row_of(rule.id)]] == []


def test_every_row_of_the_table_is_in_the_data_once() -> None:
    assert len(ROWS) == 156
    in_data = {rule.id for rule in RULES}
    assert {row_of(name) for name in in_data} == set(ROWS)
    assert {name for name in in_data if name not in ROWS} == {"R077a", "R077b", "R171a", "R171b"}
    versions = sorted(rule.id for rule in RULES)
    twice = {name for name in versions if versions.count(name) > 1}
    assert twice == {"R021", "R100", "R101"}, "only a changed law makes a second version"


def test_class_variance_and_confidence() -> None:
    for rule in RULES:
        klass, variance, confidence = ROWS[row_of(rule.id)]
        allowed = {"N"} if klass == "–" else set(klass.split("/"))
        assert {face.klass for _, face in faces(rule)} <= allowed, rule.id
        assert (rule.variance, rule.confidence) == (variance, confidence[0]), rule.id


def test_what_is_not_certain_says_so() -> None:
    """U is 要確認 in words of its own; V/K keeps its doubt; what was read names where."""
    for rule in RULES:
        confidence = ROWS[row_of(rule.id)][2]
        assert rule.face.legal_basis, rule.id
        assert bool(rule.face.confirm) == (confidence == "U"), rule.id
        if confidence == "U":
            assert rule.doubts, rule.id
        if confidence == "V/K":
            assert any("一般知識" in doubt for doubt in rule.doubts), rule.id
        if confidence.startswith("V"):
            assert rule.sources, rule.id


def test_department() -> None:
    wanted = {row: department for department, rows in DEPARTMENTS.items() for row in ids(rows)}
    for rule in RULES:
        base = wanted.get(rule.id, wanted.get(row_of(rule.id), "shimin"))
        for name, face in faces(rule):
            assert face.department.id == wanted.get(name, base), name


def test_handling() -> None:
    today = ids(TODAY)
    for rule in RULES:
        row = row_of(rule.id)
        for name, face in faces(rule):
            klass = "–" if face.klass == "N" else face.klass
            wanted = "today" if row in today else HANDLING.get(row, GROUPS[klass])
            if name.endswith("/protected"):
                wanted = "handover"  # a supervisor decides
            assert face.group == wanted, name


def test_what_is_lost_is_said_where_money_or_benefit_is_at_stake() -> None:
    """§10-4 names R091 and R100; a row on the list of today that has a limit to miss says it too."""
    lost = {rule.id for rule in RULES if rule.face.lost_if_missed}
    assert {"R091", "R100", "R102", "R103", "R107", "R180", "R184", "R110"} <= lost


def test_papers_that_the_table_names_beside_the_certificate() -> None:
    """Column 必要書類: 個人番号 and 所得 are brought along, so they stand on the resident's list."""
    papers = {rule.id: {one.id for one in rule.face.documents} for rule in RULES}
    for row in ids("R100 R105 R108 R130 R132"):
        assert any(one.endswith("number") or one == "number_proof" for one in papers[row]), row
    for row in ids("R078 R111 R122 R133 R136"):
        assert "income_proof" in papers[row], row
    assert "support_opinion" in papers["R019"]
    assert "water_number" in papers["R158"]


def test_a_death_is_counted_from_the_day_of_death() -> None:
    """Correction E4 「死亡・離婚=その日」: only 死亡届 runs from learning of it, and its note says so."""
    death = load_catalogue().facts["event_date"].named(("DEATH",))
    assert death.ja == "亡くなった日"
    note = next(rule for rule in RULES if rule.id == "R172").face.note
    assert note is not None
    assert "知った日を含めて7日" in note.ja


def test_only_protection_is_confidential() -> None:
    assert {rule.id for rule in RULES if rule.confidential} == {"R019"}


def test_other_authorities_are_marked_external() -> None:
    external = {row_of(rule.id) for rule in RULES for _, face in faces(rule) if face.department.external}
    assert external == ids("R013 R040 R041 R077 R101 R119 R137 R153 R158 R164 R171 R185 R186")


def test_dated_changes() -> None:
    """§10-5 and the corrections: the days on which rows begin or end."""
    dated = {
        (rule.id, str(rule.effective_from or ""), str(rule.effective_to or ""))
        for rule in RULES
        if rule.effective_from or rule.effective_to
    }
    assert dated == {
        ("R009", "2026-06-14", ""),
        ("R021", "2025-05-26", "2026-05-25"),
        ("R021", "2026-05-26", ""),
        ("R035", "2024-05-27", ""),
        ("R038", "2024-12-02", ""),
        ("R060", "2024-01-01", ""),
        ("R076", "2026-10-01", ""),
        ("R100", "", "2024-09-30"),
        ("R100", "2024-10-01", ""),
        ("R101", "", "2024-09-30"),
        ("R101", "2024-10-01", ""),
        ("R106", "2024-10-01", ""),
        ("R115", "2025-04-01", ""),
        ("R176", "2026-04-01", ""),
        ("R181", "2024-05-27", ""),
        ("C08", "2024-03-01", ""),
    }


@pytest.mark.parametrize("code", ["992011", "992020", "992038"])
def test_words_of_every_municipality_name_no_number_of_a_person(code: str) -> None:
    """Rules are public: no twelve-digit number, and every name has its plain words."""
    for rule in load_catalogue(code).rules:
        for _, face in faces(rule) if row_of(rule.id) in ROWS else [(rule.id, rule.face)]:
            assert face.name.easy, rule.id
            assert not re.search(r"\d{12}", face.name.ja + face.reason.ja)
