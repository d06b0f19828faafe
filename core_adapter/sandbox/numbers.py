"""宛名番号 and 世帯番号: a sequence number and a check digit.

Modulus 11 with the weights 2 to 7 from the right, remainder 0 → check digit 0 (specification of resident
records, 1.1.13). A remainder of 1 would need a check digit of 10: such sequence numbers are not given out.
"""

from __future__ import annotations


def check_digit(sequence: int) -> str | None:
    """The digit for a sequence number, or None when the number is to be skipped."""
    weighted = sum(int(digit) * (2 + i % 6) for i, digit in enumerate(reversed(str(sequence))))
    digit = (11 - weighted % 11) % 11
    return None if digit == 10 else str(digit)


def numbered(sequence: int) -> tuple[str, int]:
    """The first number at or after `sequence` that can be given out, and the sequence to go on from."""
    while (digit := check_digit(sequence)) is None:
        sequence += 1
    return f"{sequence}{digit}", sequence + 1


def is_valid(number: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    return (
        number.isascii()
        and number.isdigit()
        and len(number) > 1
        and check_digit(int(number[:-1])) == number[-1]
    )
