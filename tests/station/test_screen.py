"""The station's own page and state: what stands in the way, told where somebody can see it."""

import base64
import hashlib
import re

from tests.station.conftest import RigMaker, eventually, http


def test_the_page_says_what_is_the_matter_and_when_it_is_over(rig: RigMaker) -> None:
    station = rig(server_up=False)
    page = http.get(f"{station.url}/station/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "kiosk-1" in page.text
    script = http.get(f"{station.url}/station/screen.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert 'script src="/station/screen.js"' in page.text
    assert "サーバーにつながりません" in page.text
    http.put(f"{station.url}/station/dev/reader", json={"state": "unplugged"})
    eventually(lambda: "読み取り機が見つかりません" in http.get(f"{station.url}/station/").text)
    http.put(f"{station.url}/station/dev/printer", json={"printer": "page", "state": "paper_out"})
    eventually(lambda: "page_printer_paper_out" in [one["code"] for one in station.state()["notices"]])
    http.put(f"{station.url}/station/dev/reader", json={"state": "ok"})
    http.put(f"{station.url}/station/dev/printer", json={"printer": "page", "state": "ok"})
    station.server_live.start()
    eventually(lambda: station.state()["notices"] == [], 8)
    assert "この端末は使えます" in http.get(f"{station.url}/station/").text


def test_the_page_is_for_people_at_this_station(rig: RigMaker) -> None:
    station = rig()
    for headers in (
        {"host": "evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
    ):
        assert http.get(f"{station.url}/station/", headers=headers).status_code == 403
    assert http.get(f"{station.url}/station/", headers={"sec-fetch-site": "none"}).status_code == 200


def test_no_page_registers_a_key_through_the_gateway(rig: RigMaker) -> None:
    station = rig()
    for path in ("/api/v1/station-keys", "/api/v1/Station-Keys", "/api/v1/x/../station-keys"):
        answer = http.post(f"{station.url}{path}", json={}, headers={"origin": station.url})
        assert (answer.status_code, answer.json()["code"]) == (403, "station_only"), path
    assert station.server.of("/api/v1/station-keys") == []


def test_its_pages_bring_their_look_along_and_no_other_is_let_in(rig: RigMaker) -> None:
    """With a policy that does not fit its lines a browser would show the bare page of 1993, in silence."""
    station = rig(server_up=False)
    refused = http.get(f"{station.url}/kiosk/", headers={"accept": "text/html"})
    for page in (http.get(f"{station.url}/station/"), refused):
        (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in page.headers["content-security-policy"]
        assert "style=" not in page.text
