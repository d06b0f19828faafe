"""What keeps a command from working, in one sentence: settings that do not fit, a database that is away.

Imported when something has failed already, so that no command pays for it.
"""

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError

from procedures.reading.yaml_lines import CatalogueInvalid
from server.settings import Settings, SettingsRefusedError


def sentence_of(error: Exception) -> str | None:
    """What to tell the person at the terminal, or None when `error` is a fault of the program's own."""
    match error:
        case SettingsRefusedError() | CatalogueInvalid():
            return str(error)
        case ValidationError() if error.title == Settings.__name__:
            return "\n".join(
                f"{'_'.join(map(str, ('KAKANAI', *one['loc']))).upper()} を確かめてください。 / "
                f"cannot be used: {one['msg']}."
                for one in error.errors(include_input=False, include_url=False)
            )
        case ArgumentError():
            return (
                "KAKANAI_DATABASE_URL はデータベースの URL ではありません。 / "
                "KAKANAI_DATABASE_URL is no database's URL: write sqlite:///… or postgresql://…, "
                "or unset it for SQLite."
            )
        case DBAPIError():
            return (
                "データベースにつながりません。KAKANAI_DATABASE_URL とデータベースを確かめてください。 / "
                "The database does not answer: check KAKANAI_DATABASE_URL and the database "
                f"({type(error).__name__})."
            )
        case OSError() if error.filename:
            return f"{error.filename} を使えません。 / {error.filename} cannot be used: {error.strerror}."
        case _:
            return None
