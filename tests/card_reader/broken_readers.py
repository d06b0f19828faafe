"""Readers with one fault each, made on purpose: the fuzzer has to catch them all."""

import logging
from collections.abc import Callable
from dataclasses import replace

from card_reader import Extras
from card_reader.apdu import select_application, select_file, verify
from card_reader.outcomes import (
    AttributesRead,
    Authenticity,
    CardAttributes,
    FaceRead,
    LastTryRefused,
    Unreadable,
)
from card_reader.transport import CardRemoved, ReaderFailed, Transport
from tests.card_reader.fuzz_cases import Result, Subject, Way, the_reader

TEXT = "D3921000310001010408"


def tries_again(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Reads once more when the first time failed."""
    kept = bytearray(secret)
    first = the_reader(way, line, secret, last, extras)
    return the_reader(way, line, kept, last, extras) if isinstance(first, Unreadable) else first


def takes_the_last_try(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Does not mind that only one is left."""
    return the_reader(way, line, secret, True, extras)


def fills_the_gaps(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Better something than nothing."""
    result = the_reader(way, line, secret, last, extras)
    if isinstance(result, Unreadable) and result.reason_code == "bad_text":
        return AttributesRead(CardAttributes("", "", "00000000", "0"), None, result.apdus)
    return result


def believes_everything(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Calls every card genuine."""
    result = the_reader(way, line, secret, last, extras)
    if isinstance(result, AttributesRead):
        return replace(result, authenticity=Authenticity("verified"))
    return result


def believes_every_face(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Calls every face genuine."""
    result = the_reader(way, line, secret, last, extras)
    if isinstance(result, FaceRead):
        return replace(result, authenticity=Authenticity("verified"))
    return result


def falls_over(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Takes a status word for granted."""

    class Careless:
        def transmit(self, apdu: bytes) -> bytes:
            answer = line.transmit(apdu)
            return bytes([*answer[:-2], answer[-2], answer[-1]])

    return the_reader(way, Careless(), secret, last, extras)


def never_ends(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Goes on asking as long as the card has more."""

    class Patient:
        def transmit(self, apdu: bytes) -> bytes:
            answer = line.transmit(apdu)
            while answer[-2:-1] == b"\x61":
                answer = line.transmit(bytes.fromhex("00C0000000"))
            return answer

    return the_reader(way, Patient(), secret, last, extras)


def tells_the_log(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Writes down what it sends."""

    class Talkative:
        def transmit(self, apdu: bytes) -> bytes:
            logging.getLogger("card").debug("sent %s", apdu.hex())
            return line.transmit(apdu)

    return the_reader(way, Talkative(), secret, last, extras)


def keeps_the_secret(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Leaves it where it was."""
    return the_reader(way, line, bytearray(secret), last, extras)


def looks_at_the_number(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Goes for one file more."""
    result = the_reader(way, line, secret, last, extras)
    if isinstance(result, AttributesRead):
        line.transmit(select_file("0001"))
    return result


def tries_both_years(way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras) -> Result:
    """Presents a second number when the first does not fit."""
    kept = bytes(secret)
    result = the_reader(way, line, secret, last, extras)
    if way == "b" and type(result).__name__ == "WrongSecret":
        for command in (select_application(TEXT), select_file("0015"), verify(b"75" + kept[2:])):
            try:
                line.transmit(command)
            except (CardRemoved, ReaderFailed):
                return result
    return result


def says_that_nothing_happened(
    way: Way, line: Transport, secret: bytearray, last: bool, extras: Extras
) -> Result:
    """Hides that the try was used."""
    result = the_reader(way, line, secret, last, extras)
    if type(result).__name__ == "WrongSecret":
        return LastTryRefused(result.apdus)
    return result


_ALL: tuple[Callable[..., Result], ...] = (
    tries_again,
    takes_the_last_try,
    fills_the_gaps,
    believes_everything,
    believes_every_face,
    falls_over,
    never_ends,
    tells_the_log,
    keeps_the_secret,
    looks_at_the_number,
    tries_both_years,
    says_that_nothing_happened,
)
BROKEN: dict[str, Subject] = {broken.__name__: broken for broken in _ALL}
