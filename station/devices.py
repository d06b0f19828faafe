"""Chooses this station's devices from its settings: the only place that knows which backend is which."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from card_reader.alone import AloneReader
from card_reader.pcsc import PcscReader
from card_reader.reader import Reader, ReaderState
from card_reader.simulated.card import SimulatedCard
from card_reader.simulated.counters import TryCounters
from card_reader.simulated.faults import Fault
from card_reader.simulated.hierarchy import Hierarchy
from card_reader.simulated.personas import load_personas
from card_reader.simulated.reader import InProcessReader
from card_reader.simulated.vpcd import VpcdCard, slot_port
from printing.simulated import SimulatedPagePrinter, SimulatedTicketPrinter
from printing.transports import CupsPrinter, FilePrinter, NetworkPrinter, UsbPrinter
from station.config import PagePrinterConfig, ReaderConfig, StationConfig, TicketPrinterConfig
from station.dev import CardSlot, SimulatedPrinter
from station.printers import Device, Kind

_NOTICED_S = 2.0


@dataclass(frozen=True)
class Devices:
    """What this station has. `slot` and `simulated`: what the hardware desk can operate."""

    reader: Reader | None
    slot: CardSlot | None
    printers: dict[Kind, Device] = field(default_factory=dict)
    simulated: dict[Kind, SimulatedPrinter] = field(default_factory=dict)


def open_devices(config: StationConfig) -> Devices:
    """The devices of `config`; none of them is asked anything yet. Raises PcscNotInstalled."""
    reader, slot = _reader(config.reader)
    folder = config.state_dir / "prints"
    found: dict[Kind, Device | None] = {
        "ticket": _ticket_printer(config.ticket_printer, folder),
        "page": _page_printer(config.page_printer, folder),
    }
    printers = {kind: device for kind, device in found.items() if device is not None}
    simulated = {
        kind: device
        for kind, device in printers.items()
        if isinstance(device, SimulatedTicketPrinter | SimulatedPagePrinter)
    }
    return Devices(reader, slot, printers, simulated)


def _reader(config: ReaderConfig) -> tuple[Reader | None, CardSlot | None]:
    keys = Hierarchy(config.keys_dir) if config.keys_dir else None
    match config.backend:
        case "none":
            return None, None
        case "simulated":
            reader = InProcessReader(keys=keys)
            return reader, SimulatedSlot(reader)
        case "vpcd":
            virtual = PcscReader(f"Virtual PCD 00 {config.slot:02d}")
            return virtual, VpcdSlot(slot_port(config.slot), virtual, keys)
        case "pcsc":
            real = PcscReader(config.name)
            return AloneReader(real, [PcscReader(name) for name in config.beside]), None


def _ticket_printer(config: TicketPrinterConfig, folder: Path) -> Device | None:
    match config.backend:
        case "none":
            return None
        case "simulated":
            return SimulatedTicketPrinter(folder)
        case "network":
            return NetworkPrinter(config.host, config.tcp_port)
        case "usb":
            return UsbPrinter(config.path)
        case "file":
            return FilePrinter(config.path)


def _page_printer(config: PagePrinterConfig, folder: Path) -> Device | None:
    match config.backend:
        case "none":
            return None
        case "simulated":
            return SimulatedPagePrinter(folder)
        case "cups":
            return CupsPrinter(config.queue)


class SimulatedSlot:
    """The reader inside this process as a CardSlot."""

    def __init__(self, reader: InProcessReader) -> None:
        self._reader = reader

    def insert(self, persona: str, pull_after_apdu: int | None = None, faults: Sequence[Fault] = ()) -> None:
        """See CardSlot."""
        self._reader.insert(persona, pull_after_apdu=pull_after_apdu, faults=faults)

    def remove(self) -> None:
        """See CardSlot."""
        self._reader.remove()

    def set_plugged(self, plugged: bool) -> bool:
        """See CardSlot."""
        if plugged:
            self._reader.plug()
        else:
            self._reader.unplug()
        return True

    @property
    def persona(self) -> str | None:
        """See CardSlot."""
        card = self._reader.card
        return None if card is None else card.persona.id


class VpcdSlot:
    """One slot of vpcd as a CardSlot: the card is read through the real PC/SC service."""

    def __init__(self, port: int, reader: Reader, keys: Hierarchy | None = None) -> None:
        self._port = port
        self._reader = reader
        self._keys = keys
        self._counters: dict[str, TryCounters] = {}
        self._lying: VpcdCard | None = None

    def insert(self, persona: str, pull_after_apdu: int | None = None, faults: Sequence[Fault] = ()) -> None:
        """See CardSlot; also raises NoVirtualReader."""
        chosen = load_personas()[persona]
        self.remove()
        counters = self._counters.setdefault(persona, TryCounters(chosen))
        card = SimulatedCard(chosen, counters, faults=faults, keys=self._keys)
        self._lying = VpcdCard(card, self._port, pull_after_apdu=pull_after_apdu).start()
        self._reader.wait_change(ReaderState.EMPTY, _NOTICED_S)

    def remove(self) -> None:
        """See CardSlot."""
        lying, self._lying = self._lying, None
        if lying is not None:
            lying.stop()

    def set_plugged(self, plugged: bool) -> bool:
        """See CardSlot; the virtual reader belongs to the PC/SC service."""
        return False

    @property
    def persona(self) -> str | None:
        """See CardSlot."""
        # Asked while another thread takes the card off.
        lying = self._lying
        return None if lying is None else lying.card.persona.id
