"""From a card on the counter's reader to the page with its holder's household, in a whole demonstration.

Machine time alone: the PIN and the clerk's look at the face are there at once. The reader is the simulated
one; what a real PC/SC service adds is measured as station.card_seen.
"""

import re
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from server.demo.plan import PASSWORD
from tests.bench.figures import Figure, timed
from tests.stories.demo import NO_TLS, running

WHO, PIN = "mihon_taro", "1234"
_HIDDEN = r'name="{}" value="([^"]*)"'


class _Counter:
    """A clerk's browser behind a station, as far as forms go."""

    def __init__(self, origin: str) -> None:
        self._browser = httpx.Client(
            base_url=origin, verify=NO_TLS, trust_env=False, timeout=60, follow_redirects=True
        )
        self._said = {"origin": origin, "sec-fetch-site": "same-origin"}
        self.page = self._browser.get("/counter/login").text
        self.press("/counter/login", login="clerk1", password=PASSWORD)

    def press(self, path: str, **fields: str) -> str:
        """Send a form of the page that is shown; the path to which that led."""
        hidden = {"csrf_token": self._hidden("csrf_token"), "idempotency_key": str(uuid.uuid4())}
        if 'name="version"' in self.page:
            hidden["version"] = self._hidden("version")
        answer = self._browser.post(path, data=hidden | fields, headers=self._said)
        answer.raise_for_status()
        self.page = answer.text
        return answer.url.path

    def show(self, path: str) -> None:
        self.page = self._browser.get(path).raise_for_status().text

    def _hidden(self, name: str) -> str:
        found = re.search(_HIDDEN.format(name), self.page)
        return found[1] if found else ""

    def lay_on(self) -> None:
        self._browser.put("/station/dev/card", json={"persona": WHO}).raise_for_status()

    def take_off(self) -> None:
        self._browser.delete("/station/dev/card").raise_for_status()

    def read(self, reception_id: str) -> None:
        while self._browser.get("/station/state").json()["reader"] != "present":
            pass
        token = self._browser.get("/station/page-token", headers=self._said).json()["token"]
        asked = {"pin": PIN, "purpose": "reception", "reference": reception_id}
        self._browser.post(
            "/station/card/read", json=asked, headers={**self._said, "x-page-token": token}
        ).raise_for_status()

    def attach(self, reception: str) -> None:
        self.show(reception)
        self.press(f"{reception}/card/attach", read_id=self._hidden("read_id"))
        if "data-person" not in self.page:
            raise RuntimeError("the household did not come")


def tap_to_page(folder: Path, rounds: int) -> list[Figure]:
    """Milliseconds from the card's lying there to the page with the household."""
    samples = []
    with running(folder) as demo:
        counter = _Counter(f"http://{urlsplit(demo.station('counter-1')).netloc}")
        # The first card of a demonstration has its keys made: not what a card does.
        for number in range(rounds + 1):
            counter.show("/counter/")
            reception = counter.press("/counter/receptions", service_class="move")
            counter.press(f"{reception}/identify", relation="self", method="my_number_card", documents="")
            began = time.perf_counter()
            counter.lay_on()
            counter.read(reception.rsplit("/", 1)[1])
            counter.attach(reception)
            if number:
                samples.append((time.perf_counter() - began) * 1000)
            counter.take_off()
            counter.press(f"{reception}/abandon", reason="bench")
    return [timed("card_to_prefilled_page", "ms", samples)]
