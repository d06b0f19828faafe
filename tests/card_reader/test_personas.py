"""The cards of the demonstration do what their labels say."""

import pytest

from card_reader import (
    AttributesRead,
    Blocked,
    CardOutcome,
    Extras,
    FaceRead,
    LastTryRefused,
    Mode,
    OtherCard,
    Removed,
    Tapped,
    read,
)
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.personas import Persona, load_personas

PERSONAS = load_personas()
WITH_EXPIRY = Extras(certificate_expiry=True)
# Ways in which a card does not simply give its attributes; everybody else's does, by PIN and by B.
SPECIAL: dict[tuple[str, Mode], CardOutcome] = {
    ("mihon_ume", "pin"): Blocked(6),
    ("kaku_misaki", "pin"): LastTryRefused(6),
    ("face_only", "pin"): Blocked(6),
    ("number_b_blocked", "b"): Blocked(6, by="b"),
    ("loose_card", "pin"): Removed(9),
    ("loose_card", "b"): Removed(9),
}
OTHERS = {
    "juki_card": "juki",
    "driving_licence": "driving_licence",
    "residence_card": "residence_card",
    "transit_card": "transit",
    "smartphone": "phone",
    "iphone": "phone",
}


def tried(who: Persona, mode: Mode, extras: Extras | None = None) -> CardOutcome:
    card = SimulatedCard(who)
    card.wait = lambda seconds: None
    secret = who.pin or "1234" if mode == "pin" else who.number_b or "0" * 14
    return read(card, mode, bytearray(secret.encode()), extras=extras or Extras())


@pytest.mark.parametrize("mode", ["pin", "b"])
@pytest.mark.parametrize("name", [name for name, who in PERSONAS.items() if who.kind == "my_number"])
def test_a_card_is_read_or_is_what_it_is_for(name: str, mode: Mode) -> None:
    outcome = tried(PERSONAS[name], mode)
    if (name, mode) in SPECIAL:
        assert outcome == SPECIAL[name, mode]
    else:
        assert isinstance(outcome, AttributesRead)
        assert outcome.attributes == PERSONAS[name].attributes


def test_special_cards_and_people_exist() -> None:
    assert {name for name, _ in SPECIAL} <= set(PERSONAS)
    silent = ("mute", "two_cards")
    others = {name for name, who in PERSONAS.items() if who.kind not in ("my_number", *silent)}
    assert others == set(OTHERS)


@pytest.mark.parametrize(("name", "kind"), OTHERS.items())
def test_other_cards_are_recognised(name: str, kind: str) -> None:
    outcome = tried(PERSONAS[name], "pin")
    assert isinstance(outcome, OtherCard)
    assert outcome.kind == kind


def test_a_card_for_identification_by_face_shows_its_face() -> None:
    outcome = tried(PERSONAS["face_only"], "face")
    assert isinstance(outcome, FaceRead)
    assert outcome.face.expiry == "20330815"


@pytest.mark.parametrize(("name", "expiry"), [("renewal_due", "20261220"), ("mihon_taro", "20270412")])
def test_certificates_say_when_they_expire(name: str, expiry: str) -> None:
    outcome = tried(PERSONAS[name], "none", WITH_EXPIRY)
    assert isinstance(outcome, Tapped)
    assert outcome.certificate is not None
    assert outcome.certificate.on == expiry


def test_foreign_residents_have_the_western_year_on_their_cards() -> None:
    western = {name for name, who in PERSONAS.items() if who.printed_year == "western"}
    assert western == {"santos_maria", "mihonsky_alexander", "kim_yoshio", "nguyen_mihon"}
    kim = PERSONAS["kim_yoshio"]
    assert kim.number_b is not None
    assert kim.birth is not None
    assert kim.number_b[:6] == kim.birth[2:]
