"""The settings file: what it accepts, and that a bad one is refused with file and line and without its
values."""

import re
from pathlib import Path

import pytest

from station.config import BadConfig, load_config

GOOD = """\
name = "counter1"
kind = "counter"
desk = "1"
port = 8111
server_url = "http://127.0.0.1:8000"
key_file = "keys/counter1.pem"
state_dir = "/var/lib/kakanai"
dev = true

[reader]
backend = "vpcd"
slot = 1

[ticket_printer]
backend = "simulated"
width_dots = 384
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))
    assert (config.name, config.desk, config.port) == ("counter1", "1", 8111)
    assert config.key_file == tmp_path / "keys/counter1.pem"
    assert config.state_dir == Path("/var/lib/kakanai")
    assert (config.reader.backend, config.reader.slot, config.ticket_printer.width_dots) == ("vpcd", 1, 384)
    assert config.page_printer.backend == "none"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('name = "counter1"', 'name = "Counter 1"', 1, "name"),
        ('desk = "1"\n', "", 1, "desk"),
        ("port = 8111", "port = 80", 4, "port"),
        ("http://127.0.0.1:8000", "http://192.0.2.7:8000", 5, "use https"),
        ("http://127.0.0.1:8000", "https://kakanai.example", 1, "[tls]"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/app", 5, "scheme, host and port"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:99999", 5, "scheme, host and port"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:0", 5, "scheme, host and port"),
        ("http://127.0.0.1:8000", "http://[127.0.0.1", 5, "scheme, host and port"),
        ("http://127.0.0.1:8000", "http://clerk:x@127.0.0.1:8000", 5, "scheme, host and port"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/#top", 5, "scheme, host and port"),
        ("keys/counter1.pem", "", 6, "is empty"),
        ('backend = "simulated"', 'backend = "usb"\npath = ""', 14, "needs path"),
        ("dev = true", "dev = false", 10, "simulated"),
        ('backend = "vpcd"', 'backend = "pcsc"', 10, "needs a name"),
        ('backend = "vpcd"', 'backend = "pcsc"\nname = "Virtual PCD 00 00"', 10, "backend vpcd"),
        ("slot = 1", "slot = 7", 12, "slot"),
        ("width_dots = 384", "width_dots = 400", 16, "width_dots"),
        ("width_dots = 384", "colour = 1", 16, "colour"),
        ("slot = 1", "slot = = 1", 12, "line 12"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(BadConfig) as refused:
        load_config(path)
    assert f"{path}:{line}: " in str(refused.value)
    assert said in str(refused.value)


def test_values_stay_out_of_the_error(tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as refused:
        load_config(written(tmp_path, GOOD.replace('kind = "counter"', 'kind = "s3cret"')))
    assert "s3cret" not in str(refused.value)


def test_a_missing_file_is_a_bad_config(tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        load_config(tmp_path / "absent.toml")


def test_the_examples_in_the_documents_are_good(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "stations.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert [load_config(written(tmp_path, text)).kind for text in examples] == ["counter", "kiosk", "counter"]
