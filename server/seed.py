"""`python -m server.seed` fills a demo database: office, classes, desks, accounts, stations, an open day.

What is there already stays. Refused in production: there, an administrator makes all of this.
"""

import json

from sqlmodel import select

from server.auth.models import Staff
from server.auth.service import add_staff
from server.bootstrap import open_database, open_vault
from server.db.context import Context, system
from server.db.uow import Unit
from server.demo.plan import ACCOUNTS, PASSWORD
from server.kit import clock
from server.queue.models import Desk, ServiceClass, Site
from server.queue.service import open_day
from server.settings import Settings, SettingsRefusedError
from server.stations.service import enrol

CLASSES = (
    # code, letter, Japanese, English, minutes, what to have ready (Japanese, English)
    (
        "move",
        "B",
        "引っこしの届出",
        "Moving house",
        12,
        "マイナンバーカード（引っこす方全員の分）\n在留カード（お持ちの方）",
        "My Number cards of everyone who moves\nResidence cards, if any",
    ),
    ("certificate", "A", "証明書", "Certificates", 4, "本人確認書類", "An identity document"),
    ("card", "D", "マイナンバーカード", "My Number card", 10, "マイナンバーカード", "Your My Number card"),
    (
        "insurance",
        "E",
        "国保・年金・こども",
        "Insurance, pension, children",
        10,
        "本人確認書類",
        "An identity document",
    ),
    ("other", "F", "ご相談", "Other questions", 8, "", ""),
)
DESKS = (("1", "move,other,card"), ("2", "move,other,insurance,certificate"))
DEPARTMENTS = {"kokuho1": "kokuho"}


def seed(settings: Settings) -> None:
    """Fill what is missing. Raises SettingsRefusedError in production."""
    if settings.env == "production":
        raise SettingsRefusedError("The demo's accounts and stations do not belong into production.")
    clock.start_at(settings.now)
    database = open_database(settings)
    open_vault(settings)
    ctx = system(settings.tenant, settings.site)
    with database.write() as unit:
        if unit.first(select(Site).where(Site.tenant_id == ctx.tenant_id)) is None:
            _office(unit, ctx, settings)
        _accounts(unit, ctx)
        _stations(unit, ctx, settings)
        open_day(unit, ctx, clock.today())


def _office(unit: Unit, ctx: Context, settings: Settings) -> None:
    unit.add(
        ctx.stamp(
            Site(
                tenant_id="",
                site_id="",
                municipality_code=settings.municipality,
                municipality_ja="見本市",
                municipality_en="Mihon City",
                name_ja="見本市役所",
                name_en="Mihon City Hall",
                address="見本県見本市一番町1番1号",
            )
        )
    )
    for position, (code, letter, ja, en, minutes, prepare_ja, prepare_en) in enumerate(CLASSES):
        unit.add(
            ctx.stamp(
                ServiceClass(
                    tenant_id="",
                    site_id="",
                    code=code,
                    letter=letter,
                    name_ja=ja,
                    name_en=en,
                    minutes=minutes,
                    prepare_ja=prepare_ja,
                    prepare_en=prepare_en,
                    position=position,
                )
            )
        )
    for number, classes in DESKS:
        unit.add(ctx.stamp(Desk(tenant_id="", site_id="", number=number, classes=classes)))


def _accounts(unit: Unit, ctx: Context) -> None:
    known = {staff.login for staff in unit.all(select(Staff).where(Staff.tenant_id == ctx.tenant_id))}
    for account in ACCOUNTS:
        if account.login not in known:
            add_staff(
                unit, ctx, account.login, account.ja, account.role, PASSWORD, DEPARTMENTS.get(account.login)
            )


def _stations(unit: Unit, ctx: Context, settings: Settings) -> None:
    register = settings.state_dir / "stations" / "stations.json"
    if not register.exists():
        return
    for one in json.loads(register.read_text(encoding="utf-8")):
        enrol(
            unit,
            ctx,
            name=one["name"],
            kind=one["kind"],
            desk=one["desk"],
            public_key=one["public_key"],
            base_url=one["base_url"],
        )


if __name__ == "__main__":
    seed(Settings())
