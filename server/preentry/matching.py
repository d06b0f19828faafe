"""Who of a code is who of the household: by year and month of birth, and by staff where that leaves a doubt.

Pure; no I/O.
"""

from collections.abc import Mapping


def candidates(
    births: Mapping[str, str | None], members: Mapping[str, str | None]
) -> dict[str, tuple[str, ...]]:
    """For each person of the code the members whose birth fits, by id; an unknown birth fits anybody's."""
    return {
        person: tuple(member for member, known in members.items() if fit(birth, known))
        for person, birth in births.items()
    }


def beyond_doubt(fitting: Mapping[str, tuple[str, ...]]) -> dict[str, str] | None:
    """{person: member} when everybody of the code fits one member and no other person does; else None."""
    found = {person: members[0] for person, members in fitting.items() if len(members) == 1}
    whole = len(found) == len(fitting) and len(set(found.values())) == len(found)
    return found if whole and found else None


def fit(birth: str | None, known: str | None) -> bool:
    """Whether two births, each perhaps incomplete or unknown, can be one person's."""
    if not birth or not known:
        return True
    length = min(len(birth), len(known))
    return birth[:length] == known[:length]
