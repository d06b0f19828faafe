"""The applications and files of a simulated card, from the layout and its persona."""

from collections.abc import Callable
from dataclasses import dataclass, field

from card_reader.simulated.contents import Contents
from card_reader.simulated.layout import CardLayout, ContentName, FileLayout, KeyName, SecretName
from card_reader.simulated.personas import Persona


@dataclass(frozen=True)
class DataFile:
    """A transparent file. `content` is called at each read, so that costly content is made only when wanted.

    `opened_by`: one of these secrets must have been presented; empty means free to read.
    """

    name: str
    content: Callable[[], bytes]
    opened_by: frozenset[SecretName]


@dataclass(frozen=True)
class SecretFile:
    """A key reference for VERIFY. `value` None: nothing fits it."""

    name: str
    secret: SecretName
    value: bytes | None = field(repr=False)


@dataclass(frozen=True)
class KeyFile:
    """A private key: signs a DigestInfo once one of `opened_by` has been presented; none: at once."""

    name: str
    sign: Callable[[bytes], bytes]
    opened_by: frozenset[SecretName]


File = DataFile | SecretFile | KeyFile


@dataclass(frozen=True)
class Application:
    """An application: its files by identifier (upper-case hexadecimal) and the key that needs no file."""

    name: str
    files: dict[str, File]
    own_key: KeyFile | None


def applications_of(
    persona: Persona, layout: CardLayout, contents: Contents, attributes_file: bytes | None = None
) -> dict[str, Application]:
    """What the persona's card holds, by application identifier in upper-case hexadecimal.

    `attributes_file` replaces the bytes of that file with others. A real My Number card has more: two further
    applications, and the files of the Individual Number. None of them is here, so no mistake can read one.
    """
    kind = layout.kinds[persona.kind]

    def content(wanted: FileLayout, name: ContentName) -> Callable[[], bytes]:
        if wanted.content == "attributes" and attributes_file is not None:
            return lambda: attributes_file
        return lambda: contents.content(name)

    def key(name: KeyName, opened_by: frozenset[SecretName]) -> KeyFile:
        return KeyFile(name, lambda info: contents.sign(name, info), opened_by)

    def file(wanted: FileLayout) -> File:
        if wanted.secret is not None:
            return SecretFile(wanted.name, wanted.secret, _value(persona, layout, wanted.secret))
        opened_by = kind.closed.get(wanted.name, wanted.opened_by)
        if wanted.key is not None:
            return key(wanted.key, opened_by)
        if wanted.content is None:
            raise ValueError(f"{wanted.name} is empty")
        return DataFile(wanted.name, content(wanted, wanted.content), opened_by)

    found = {}
    for name in kind.applications:
        application = layout.applications[name]
        files = {fid: file(wanted) for fid, wanted in application.files.items() if _has(persona, wanted)}
        own = application.own_key
        found[application.aid] = Application(name, files, key(own, frozenset()) if own else None)
    return found


def _has(persona: Persona, wanted: FileLayout) -> bool:
    """People without a signature certificate have its password's place on the card and nothing behind it."""
    signing = wanted.content == "signature_certificate" or wanted.key == "signature"
    return not signing or persona.sign_password is not None


def _value(persona: Persona, layout: CardLayout, secret: SecretName) -> bytes | None:
    fits = layout.secrets[secret].fits
    value = None if fits == "never" else getattr(persona, fits)
    return None if value is None else str(value).encode("ascii")
