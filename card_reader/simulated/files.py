"""The applications and files of each kind of simulated card."""

from collections.abc import Callable
from dataclasses import dataclass, field

from card_reader.attributes_file import encode_attributes
from card_reader.cards import CardFacts
from card_reader.simulated import certificates
from card_reader.simulated.personas import Persona, SecretName

# The JPKI application beyond what reading uses (OpenSC src/libopensc/jpki.h, pkcs15-jpki.c).
_SIGNATURE_CERTIFICATE = "0001"
_SIGNATURE_CA = "0002"
_AUTHENTICATION_CERTIFICATE = "000A"
_AUTHENTICATION_CA = "000B"
_AUTHENTICATION_KEY = "0017"
_AUTHENTICATION_PIN = "0018"
_SIGNATURE_KEY = "001A"
_SIGNATURE_PIN = "001B"
_TOKEN_INFO_BYTES = 160
_FILLER = b"\xff\xff"


@dataclass(frozen=True)
class DataFile:
    """A transparent file. `content` is called at each read, so that costly content is made only when wanted.

    `opened_by`: one of these secrets must have been presented; empty means free to read.
    """

    content: Callable[[], bytes]
    opened_by: frozenset[SecretName] = frozenset()


@dataclass(frozen=True)
class SecretFile:
    """A key reference for VERIFY."""

    secret: SecretName
    value: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyFile:
    """A private key: signs a DigestInfo once its secret has been presented."""

    sign: Callable[[bytes], bytes]
    opened_by: SecretName


File = DataFile | SecretFile | KeyFile
Applications = dict[str, dict[str, File]]
"""Files by identifier, by application identifier; both in upper-case hexadecimal."""


def applications_of(persona: Persona, facts: CardFacts, attributes_file: bytes | None = None) -> Applications:
    """What the persona's card holds; `attributes_file` replaces the bytes of that file with faulty ones.

    A real My Number card has more: two further applications and, beside the attributes, the file of the
    Individual Number. None of them is here, so no mistake can read one.
    """
    label = next((label for label, kind in facts.labels.items() if kind == persona.kind), None)
    if label is None:
        return {other.aid: {} for other in facts.others if other.kind == persona.kind}
    found: Applications = {facts.jpki.aid: _jpki(persona, facts, label)}
    if persona.attributes is not None and persona.pin is not None and persona.kind == "my_number":
        content = attributes_file or encode_attributes(persona.attributes, facts.attributes_file) + _FILLER
        found[facts.text.aid] = {
            facts.text.attributes: DataFile(lambda: content, frozenset({"pin"})),
            facts.text.pin.reference: SecretFile("pin", persona.pin.encode("ascii")),
        }
    return found


def _jpki(persona: Persona, facts: CardFacts, label: str) -> dict[str, File]:
    pin = (persona.pin or "0000").encode("ascii")
    holder = certificates.Holder.of(persona)
    token_info = label.encode("ascii").ljust(facts.jpki.label_bytes).ljust(_TOKEN_INFO_BYTES, b"\0")
    files: dict[str, File] = {
        facts.jpki.token_info: DataFile(lambda: token_info),
        _AUTHENTICATION_CERTIFICATE: DataFile(lambda: certificates.authentication(holder).der),
        _AUTHENTICATION_CA: DataFile(lambda: certificates.authority("authentication").der),
        _SIGNATURE_CA: DataFile(lambda: certificates.authority("signature").der),
        _AUTHENTICATION_PIN: SecretFile("authentication", pin),
        _AUTHENTICATION_KEY: KeyFile(
            lambda info: certificates.authentication(holder).sign(info), "authentication"
        ),
    }
    # People without a signature certificate have its password's place on the card and nothing that fits it.
    password = (persona.sign_password or "").encode("ascii")
    files[_SIGNATURE_PIN] = SecretFile("signature", password)
    if password:
        opened_by = frozenset[SecretName]({"signature"})
        files[_SIGNATURE_CERTIFICATE] = DataFile(lambda: certificates.signature(holder).der, opened_by)
        files[_SIGNATURE_KEY] = KeyFile(lambda info: certificates.signature(holder).sign(info), "signature")
    return files
