"""Days, births and readings as the navigator writes them in each language."""

from datetime import date

from fastapi.responses import HTMLResponse

from kiosk.ruby import with_ruby
from server.kit.wareki import partial, wareki
from server.reception.handout import day_words

OLDEST = 120


def easily_read(answer: HTMLResponse, lang: str) -> HTMLResponse:
    """The page as it is; in easy Japanese with its readings above the words."""
    if lang != "easy":
        return answer
    return HTMLResponse(with_ruby(bytes(answer.body).decode()), status_code=answer.status_code)


def written(day: date | str, lang: str) -> str:
    """A day as the reader writes it."""
    return day_words(date.fromisoformat(day) if isinstance(day, str) else day, lang)


def born(value: str, lang: str) -> str:
    """A birth of which the year is known, or year and month."""
    year, _, month = value.partition("-")
    if lang == "en":
        return f"{date(int(year), int(month), 1):%B} {year}" if month else year
    if lang == "easy":
        return f"{year}年（ねん）" + (f"{int(month)}月（がつ）" if month else "")
    return partial(value).replace("年月日不詳", "年").replace("日不詳", "")


def years(on: date, lang: str) -> list[tuple[str, str]]:
    """Years of birth, newest first, as the reader writes them."""
    found = []
    for year in range(on.year, on.year - OLDEST, -1):
        era = wareki(date(year, 12, 31))
        found.append((str(year), str(year) if lang == "en" else f"{year}年（{era.era}{era.year_text}年）"))
    return found
