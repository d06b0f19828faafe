"""The morning's check: is everything there that today's counter needs? Reads only; changes nothing.

Each check answers with one sentence and, when something is wrong, with what to do. A `fault` keeps the
server from working, a `note` is something that people should know of (a core that is away stops nobody).
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from printing.font_files import FontsMissing, existing
from procedures import CatalogueInvalid, load_catalogue
from procedures.reading.loading import municipalities
from server.auth.queries import stations
from server.bootstrap import KEY_FILE, card_policy, core_adapter
from server.db import engine as engines
from server.db.context import system
from server.db.migrate import configuration
from server.db.scrub import keeps_old_logs, may_scrub
from server.db.uow import Database, Unit
from server.db.vault import DataKeyRow, VaultDamagedError, master_from, secrets_id
from server.journal.queries import tenants, verify
from server.kit.clock import JST
from server.queue.service import current_day
from server.rulebook.queries import good_files
from server.settings import Settings, SettingsRefusedError

LITTLE_SPACE, NO_SPACE = 2_000_000_000, 200_000_000  # bytes
FAR_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"}
WELL = {"ok", "none", "empty", "present", "busy"}


@dataclass(frozen=True)
class Finding:
    """One check's answer. `grade`: ok, note or fault; `do_*`: what to do, empty when there is nothing."""

    check: str
    grade: str
    ja: str
    en: str
    do_ja: str = ""
    do_en: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which one would mend things."""
    found = [_directory(settings), _clock(settings), _rules(settings), _cards(settings), _fonts()]
    return [*found, _core(settings), *_database(settings)]


def _directory(settings: Settings) -> Finding:
    folder = settings.state_dir.absolute()
    if not folder.is_dir():
        return Finding(
            "state directory",
            "fault",
            f"{folder} がありません。",
            f"There is no {folder}.",
            "KAKANAI_STATE_DIR を確かめるか、サーバーを一度起動してください。",
            "Check KAKANAI_STATE_DIR, or start the server once.",
        )
    kind = file_system(folder, Path("/proc/mounts"))
    if settings.on_sqlite and kind in FAR_DISKS:
        return Finding(
            "state directory",
            "fault",
            f"{folder} はネットワーク上のディスク（{kind}）にあります。",
            f"{folder} lies on a network disk ({kind}).",
            "SQLite はこの機械のディスクに置くか、PostgreSQL を使ってください。",
            "Put SQLite on a disk of this machine, or use PostgreSQL.",
        )
    free = shutil.disk_usage(folder).free
    if free < LITTLE_SPACE:
        return Finding(
            "state directory",
            "fault" if free < NO_SPACE else "note",
            f"ディスクの空きが {free // 1_000_000} MB しかありません。",
            f"Only {free // 1_000_000} MB are free on the disk.",
            "空きを増やしてください。",
            "Make room.",
        )
    return Finding("state directory", "ok", f"{folder} を使えます。", f"{folder} can be used.")


def file_system(folder: Path, mounts: Path) -> str:
    """The kind of file system under `folder`, from a table like /proc/mounts; empty where there is none."""
    if not mounts.exists():
        return ""
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, found, *_ = line.split()
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, found
    return kind


def _clock(settings: Settings) -> Finding:
    if settings.now is not None:
        return Finding(
            "clock",
            "note",
            f"時計は {settings.now.isoformat()} から始まる設定です。",
            f"The clock is told to start at {settings.now.isoformat()}.",
            "本日の業務なら KAKANAI_NOW を外してください。",
            "Unset KAKANAI_NOW for a real day.",
        )
    return Finding("clock", "ok", "この機械の時計に従います。", "This machine's clock is used.")


def _rules(settings: Settings) -> Finding:
    """The rules of this municipality, and whether those of every other one that is installed can be read."""
    versions, faults = {}, {}
    for code in dict.fromkeys([settings.municipality, *municipalities()]):
        try:
            versions[code] = load_catalogue(code).version
        except (CatalogueInvalid, OSError) as error:
            faults[code] = error
    if faults:
        alike: dict[str, list[str]] = {}
        for code, fault in faults.items():
            alike.setdefault(str(fault), []).append(code)
        told = "; ".join(f"{', '.join(codes)}: {said}" for said, codes in alike.items())
        serves = settings.municipality not in faults
        ja, en = ("", "") if serves else _stand_in(settings)
        return Finding(
            "rules",
            "note" if serves or ja else "fault",
            f"手続きの規定を読めません: {told}。{ja}",
            f"The rules cannot be read: {told}.{en}",
            "示された行を直し、サーバーを起動し直してください。kakanai procedures check で確かめられます。",
            "Mend the lines named and start the server again; kakanai procedures check looks at all of them.",
        )
    own, others = versions.pop(settings.municipality), len(versions)
    return Finding(
        "rules",
        "ok",
        f"規定の版は {own} です。ほかの{others}自治体の規定も読めます。",
        f"Rules version {own}; those of {others} other municipalities can be read.",
    )


def _stand_in(settings: Settings) -> tuple[str, str]:
    """What the server uses instead of files that it cannot read, in both languages; empty without any."""
    path = make_url(settings.url).database
    if settings.on_sqlite and not Path(path or "").is_file():
        return "", ""
    engine = engines.create(settings.url)
    try:
        with Database(engine).read() as unit:
            kept = good_files(unit, settings.tenant, settings.municipality)
    except SQLAlchemyError:
        kept = None
    finally:
        engine.dispose()
    if kept is None:
        return "", ""
    read_at, since = (
        at and f"{at.astimezone(JST):%Y-%m-%d %H:%M}" for at in (kept.read_at, kept.faulty_since)
    )
    ja = f"{since} から" if since else "次の起動から"
    en = f"since {since}" if since else "from the next start on"
    return (
        f"{ja}、{read_at} に読めたファイルを代わりに使います。",
        f" The files that were read on {read_at} stand in {en}.",
    )


def _cards(settings: Settings) -> Finding:
    try:
        policy = card_policy(settings)
    except SettingsRefusedError as refusal:
        return Finding(
            "cards",
            "fault",
            f"カードの読み取り方の取り決めを読めません: {refusal}",
            f"How cards are read cannot be told: {refusal}",
            "docs/card-reader.md の表と見比べて、示された行を直してください。",
            "Compare the lines named with the table in docs/card-reader.md.",
        )
    ways = ", ".join(policy.modes)
    return Finding("cards", "ok", f"カードの読み取り方: {ways}", f"Cards are read by: {ways}")


def _fonts() -> Finding:
    try:
        for purpose in ("mincho", "gothic"):
            existing(purpose)
    except FontsMissing as missing:
        return Finding(
            "fonts",
            "fault",
            "届出書の字体がありません。",
            "The fonts of the forms are missing.",
            "fonts-ipamj-mincho と fonts-ipaexfont-gothic を入れてください。",
            str(missing),
        )
    return Finding("fonts", "ok", "届出書の字体があります。", "The fonts of the forms are there.")


def _core(settings: Settings) -> Finding:
    try:
        health = core_adapter(settings).health()
    except SettingsRefusedError as refusal:
        return Finding(
            "core",
            "fault",
            f"基幹への接続方法がありません: {refusal}",
            str(refusal),
            "KAKANAI_CORE_ADAPTER を確かめてください。",
            "Check KAKANAI_CORE_ADAPTER.",
        )
    if health.ok:
        return Finding("core", "ok", "基幹が応答します。", "The core answers.")
    return Finding(
        "core",
        "note",
        f"基幹が応答しません（{health.code}）。受付は続けられ、届出は後で送られます。",
        f"The core does not answer ({health.code}). Receptions go on; notifications are sent later.",
        "基幹の担当者に確かめてください。",
        "Ask those who run the core.",
    )


def _database(settings: Settings) -> Iterator[Finding]:
    path = make_url(settings.url).database
    if settings.on_sqlite and not Path(path or "").is_file():
        yield _fault("database", "データベースがありません。", "There is no database.", *_START_ONCE)
        return
    engine = engines.create(settings.url)
    try:
        engines.assert_durable(engine)
        standing = _standing(engine)
        yield standing
        if standing.grade == "ok":
            yield _key(settings, engine)
            yield _traces(engine)
            with Database(engine).read() as unit:
                for check in (_journal, _day, _stations):
                    yield check(unit, settings)
    except (engines.StorageUnsafeError, SQLAlchemyError) as error:
        said = str(error) if isinstance(error, engines.StorageUnsafeError) else type(error).__name__
        yield _fault(
            "database",
            f"データベースを使えません: {said}",
            f"The database cannot be used: {said}",
            "KAKANAI_DATABASE_URL とデータベースを確かめてください。",
            "Check KAKANAI_DATABASE_URL and the database.",
        )
    finally:
        engine.dispose()


_START_ONCE = ("サーバーを一度起動してください。", "Start the server once.")


def _standing(engine: Engine) -> Finding:
    """Does the database belong to this release?"""
    script = ScriptDirectory.from_config(configuration(engine))
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return Finding(
            "database", "ok", "この版のデータベースです。", "The database belongs to this release."
        )
    if current in {revision.revision for revision in script.walk_revisions()} or current is None:
        old = ("データベースが前の版のものです。", "The database belongs to an earlier release.")
        return _fault("database", *old, *_START_ONCE)
    new = ("データベースが新しい版のものです。", "The database belongs to a later release.")
    return _fault("database", *new, "その版を入れてください。", "Install that release.")


def _key(settings: Settings, engine: Engine) -> Finding:
    path = settings.state_dir / KEY_FILE
    restore = ("控えから戻してください。", "Restore it from its copy.")
    try:
        own = secrets_id(master_from(path, create=False))
    except (OSError, VaultDamagedError):
        return _fault("key file", f"{path} を読めません。", f"{path} cannot be read.", *restore)
    if path.stat().st_mode & 0o077:
        everybody = (f"{path} をほかの利用者も読めます。", f"Other users of this machine can read {path}.")
        return _fault("key file", *everybody, f"chmod 600 {path}", f"chmod 600 {path}")
    with Database(engine).read() as unit:
        used = select(DataKeyRow.master_id).where(col(DataKeyRow.wrapped).is_not(None)).distinct()
        others = set(unit.session.exec(used).all()) - {own}
    if others:
        foreign = (
            "鍵ファイルがこのデータベースのものではありません。",
            "The key file is not this database's.",
        )
        return _fault("key file", *foreign, *restore)
    return Finding(
        "key file", "ok", "鍵ファイルがデータベースに合います。", "The key file fits the database."
    )


def _traces(engine: Engine) -> Finding:
    """Does a destroyed key leave nothing in the database's files?"""
    if not may_scrub(engine):
        return Finding(
            "destroyed keys",
            "note",
            "破棄した鍵の跡がデータベースのファイルに残ります（表 data_key の所有者ではありません）。",
            "Destroyed keys leave their bytes in the database's files: this account does not own data_key.",
            "ALTER TABLE data_key OWNER TO（KAKANAI_DATABASE_URL の利用者）を実行してください。",
            "Run ALTER TABLE data_key OWNER TO the account of KAKANAI_DATABASE_URL.",
        )
    if keeps_old_logs(engine):
        return Finding(
            "destroyed keys",
            "note",
            "PostgreSQL が古いログを使い回すため、破棄した鍵の跡がログにしばらく残ります。",
            "PostgreSQL uses its old log files again: destroyed keys lie on in them for a while.",
            "ALTER SYSTEM SET wal_recycle = off を実行し、設定を読み直してください。",
            "Run ALTER SYSTEM SET wal_recycle = off, and reload the configuration.",
        )
    return Finding(
        "destroyed keys", "ok", "破棄した鍵は跡を残しません。", "Destroyed keys leave nothing behind."
    )


def _journal(unit: Unit, settings: Settings) -> Finding:
    broken = [proof for tenant in tenants(unit) if not (proof := verify(unit, tenant)).whole]
    if broken:
        at = ", ".join(f"{proof.tenant_id}: {proof.broken_at}" for proof in broken)
        return _fault(
            "journal",
            f"記録がつながりません（{at}）。",
            f"The journal is broken ({at}).",
            "データベースに触れず、管理者に知らせてください。",
            "Leave the database as it is and tell those responsible.",
        )
    return Finding("journal", "ok", "記録はすべてつながっています。", "The journal is whole.")


def _day(unit: Unit, settings: Settings) -> Finding:
    day = current_day(unit, system(settings.tenant, settings.site))
    if day is None:
        return Finding(
            "business day",
            "note",
            "業務日が開かれていません。番号札は出せません。",
            "No business day is open: no tickets can be issued.",
            "窓口の画面で業務日を開いてください。",
            "Open the day at a counter.",
        )
    return Finding("business day", "ok", "業務日が開いています。", "A business day is open.")


def _stations(unit: Unit, settings: Settings) -> Finding:
    found = stations(unit, settings.tenant)
    away = [station.name for station in found if not station.alive]
    troubled = [
        f"{station.name} ({device})"
        for station in found
        if station.alive
        for device in (station.reader, station.ticket_printer, station.page_printer)
        if device not in WELL
    ]
    if away or troubled:
        names = ", ".join([*away, *troubled])
        return Finding(
            "stations",
            "note",
            f"応答しない端末、または調子の悪い機器: {names}",
            f"Stations that are away, or devices in trouble: {names}",
            "端末の電源、用紙、接続を確かめてください。",
            "Check power, paper and cables.",
        )
    return Finding("stations", "ok", f"端末 {len(found)} 台が応答します。", f"{len(found)} stations answer.")


def _fault(check: str, ja: str, en: str, do_ja: str, do_en: str) -> Finding:
    return Finding(check, "fault", ja, en, do_ja, do_en)
