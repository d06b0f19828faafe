"""The few command APDUs that reading takes, and the conversation with a card that counts them.

Short form only (ISO 7816-4 5.1): extended lengths fail on many contactless readers.
"""

from typing import NamedTuple

from card_reader.transport import ReaderFailed, Transport

# Instruction bytes whose data field is a secret (ISO 7816-4: VERIFY, CHANGE REFERENCE DATA). Traces must
# hide it.
SECRET_INSTRUCTIONS = frozenset({0x20, 0x24})
_MAX_CONTINUATIONS = 16


def select_application(aid: str) -> bytes:
    """SELECT by DF name, no answer data wanted; `aid` in hexadecimal."""
    name = bytes.fromhex(aid)
    return bytes([0x00, 0xA4, 0x04, 0x0C, len(name)]) + name


def select_file(file_id: str) -> bytes:
    """SELECT of an elementary file under the selected application; `file_id` in hexadecimal."""
    return bytes([0x00, 0xA4, 0x02, 0x0C, 0x02]) + bytes.fromhex(file_id)


def short_identifier(file_id: str) -> int:
    """The five bits by which a command can name a file itself, without SELECT (JICSAP 4.2 as
    soltia48/myna-card src/card.rs cites it: files 0001 to 001E); 0 when it has none."""
    number = int(file_id, 16)
    return number if number <= 0x1E else 0


def query_tries(short: int = 0) -> bytes:
    """VERIFY without data: asks how many tries are left and uses none. Of the selected key reference, or of
    the one that `short` identifies."""
    return bytes([0x00, 0x20, 0x00, 0x80 | short])


def verify(secret: bytes | bytearray, short: int = 0) -> bytes:
    """VERIFY of the selected key reference, or of that of `short`. Each one sent may cost a try."""
    return bytes([0x00, 0x20, 0x00, 0x80 | short, len(secret)]) + secret


def read_binary(offset: int, length: int) -> bytes:
    """READ BINARY of at most `length` bytes (1..240) from `offset` (15 bits)."""
    return bytes([0x00, 0xB0, offset >> 8 & 0x7F, offset & 0xFF, length])


def read_beginning(short: int, length: int) -> bytes:
    """READ BINARY of at most `length` bytes (1..240) from the beginning of the file of this short identifier,
    which is the selected one from then on."""
    return bytes([0x00, 0xB0, 0x80 | short, 0x00, length])


def compute_signature(digest_info: bytes) -> bytes:
    """PSO: COMPUTE DIGITAL SIGNATURE with the selected application's own key, which takes no secret
    (soltia48/myna-card src/ap/text.rs). The answer has 256 bytes."""
    return bytes([0x80, 0x2A, 0x00, 0x00, len(digest_info)]) + digest_info + b"\x00"


def without_secret(apdu: bytes) -> bytes:
    """`apdu` with the data field of a secret-carrying command overwritten by asterisks, for traces."""
    if len(apdu) > 5 and apdu[1] in SECRET_INSTRUCTIONS:
        return apdu[:5] + b"*" * (len(apdu) - 5)
    return apdu


class Answer(NamedTuple):
    """A card's answer: data and status word (four hexadecimal digits, upper case)."""

    data: bytes
    status: str

    @property
    def tries_left(self) -> int | None:
        """x of a status word 63Cx, otherwise None."""
        return int(self.status[3], 16) if self.status.startswith("63C") else None


class Conversation:
    """Sends commands to one card and counts them, follow-ups included, in `apdus`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.apdus = 0

    def send(self, command: bytes) -> Answer:
        """One exchange. Raises CardRemoved, ReaderFailed (also for an answer without a status word)."""
        self.apdus += 1
        answer = self._transport.transmit(command)
        if len(answer) < 2:
            raise ReaderFailed("transmit")
        return Answer(answer[:-2], answer[-2:].hex().upper())

    def fetch(self, command: bytes) -> Answer:
        """An exchange that asks for data: follows 61xx (GET RESPONSE) and 6Cxx (same command, right length).

        `command` ends with the length that it asks for. Never use it for VERIFY, where a second sending may
        cost a second try.
        """
        answer = self.send(command)
        if answer.status.startswith("6C"):
            answer = self.send(command[:-1] + bytes.fromhex(answer.status[2:]))
        data = answer.data
        for _ in range(_MAX_CONTINUATIONS):
            if not answer.status.startswith("61"):
                break
            answer = self.send(bytes([0x00, 0xC0, 0x00, 0x00]) + bytes.fromhex(answer.status[2:]))
            data += answer.data
        return Answer(data, answer.status)
