"""What the demo consists of: processes, ports, stations, accounts. Pure; nothing here touches the machine."""

from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
PASSWORD = "kakanai-demo"  # noqa: S105 - the demo's, printed at every start and refused in production


@dataclass(frozen=True)
class Account:
    """One demo account; server.seed makes them."""

    login: str
    role: str
    ja: str
    en: str


ACCOUNTS = (
    Account("clerk1", "clerk", "窓口の職員", "counter clerk"),
    Account("clerk2", "clerk", "窓口の職員（2番）", "counter clerk, desk 2"),
    Account("supervisor1", "supervisor", "窓口の責任者", "supervisor"),
    Account("kokuho1", "department", "国保年金課", "health insurance department"),
    Account("admin1", "administrator", "管理者", "administrator"),
)


@dataclass(frozen=True)
class StationPlan:
    """One station of the demo. `slot` is its place among the virtual readers (--reader vpcd)."""

    name: str
    kind: str
    desk: str | None
    port: int
    slot: int

    @property
    def page(self) -> str:
        """Where a person at this station starts."""
        return f"http://{HOST}:{self.port}/{self.kind}/"


@dataclass(frozen=True)
class Plan:
    """One run: every port already shifted by the offset."""

    state_dir: Path
    server_port: int
    core_port: int
    stations: tuple[StationPlan, ...]
    database_url: str = ""
    reader: str = "simulated"
    restarts_per_minute: int = 5

    @property
    def server_url(self) -> str:
        """The server, as the stations and the displays reach it."""
        return f"http://{HOST}:{self.server_port}"

    @property
    def core_url(self) -> str:
        """The sandbox core."""
        return f"http://{HOST}:{self.core_port}"

    @property
    def worker_is_separate(self) -> bool:
        """On SQLite the worker is a thread of the one writing process, on PostgreSQL a process of its own."""
        return self.database_url.startswith("postgres")

    @property
    def ports(self) -> dict[str, int]:
        """Every port that must be free, by the name of who listens there."""
        return {"core": self.core_port, "server": self.server_port, **{s.name: s.port for s in self.stations}}

    @property
    def urls(self) -> dict[str, str]:
        """The pages worth opening."""
        kiosk = next(s for s in self.stations if s.kind == "kiosk")
        counter = next(s for s in self.stations if s.kind == "counter")
        return {
            "server": f"{self.server_url}/",
            "kiosk": kiosk.page,
            "counter": counter.page,
            "backoffice": f"{counter.page.removesuffix('counter/')}backoffice/",
            "admin": f"{counter.page.removesuffix('counter/')}admin/stations",
            "navigator": f"{self.server_url}/navigator/",
            "display": f"{self.server_url}/display/main",
            "devdock": f"{self.server_url}/devdock/",
            "core": f"{self.core_url}/",
        }


def make_plan(
    state_dir: Path,
    *,
    server_port: int = 8000,
    offset: int = 0,
    database_url: str = "",
    reader: str = "simulated",
    restarts_per_minute: int = 5,
) -> Plan:
    """The demo's three stations, server and sandbox core, all ports moved up by `offset`.

    A part that ends more than `restarts_per_minute` times in a minute ends the run.
    """
    stations = (
        StationPlan("kiosk-1", "kiosk", None, 8101 + offset, 0),
        StationPlan("counter-1", "counter", "1", 8111 + offset, 1),
        StationPlan("counter-2", "counter", "2", 8112 + offset, 2),
    )
    return Plan(
        state_dir.absolute(),
        server_port + offset,
        8200 + offset,
        stations,
        database_url,
        reader,
        restarts_per_minute,
    )
