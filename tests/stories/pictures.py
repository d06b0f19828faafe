"""`make pictures`: one visit, and a picture of every screen and paper on its way.

`python -m tests.stories.pictures FOLDER` writes them to FOLDER.
"""

import random
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from core_adapter.sandbox.seed import load_seed
from server.kit.clock import today
from tests.stories.demo import Demo, running, wait_for
from tests.stories.people import Clerk, Visitor, open_page, wait_registered
from tests.support_chromium import chromium


def take(demo: Demo, folder: Path) -> None:
    """Walk through the visit and picture each stop."""
    chance = random.Random(7)
    town = load_seed().towns[5]
    with chromium() as browser:
        visitor = Visitor(demo, browser)
        kiosk = visitor.kiosk()
        kiosk.screenshot(path=folder / "kiosk.png")
        visitor.take_ticket_with_card(kiosk, "mihon_taro")
        wait_for("the paper", lambda: demo.prints("kiosk-1", "ticket"))
        kiosk.wait_for_timeout(1500)
        kiosk.screenshot(path=folder / "kiosk-ticket.png")
        (folder / "ticket.png").write_bytes(
            demo.print_bytes("kiosk-1", demo.prints("kiosk-1", "ticket")[0]["id"], "png")
        )
        display = open_page(browser, 1920, 1080, [])
        display.goto(demo.url("display"))
        clerk = Clerk(demo, browser).sign_in()
        clerk.page.screenshot(path=folder / "counter-line.png")
        clerk.call_next()
        display.wait_for_timeout(800)
        display.screenshot(path=folder / "display.png")
        reception_id = clerk.open()
        clerk.page.screenshot(path=folder / "counter-identity.png")
        clerk.identify()
        clerk.attach_card()
        clerk.expect_members(4)
        clerk.page.screenshot(path=folder / "counter-open.png")
        clerk.set_address(town.town_code, "12番3号", "見本ハイツ 205")
        clerk.set_moved_on((today() - timedelta(days=3)).isoformat())
        clerk.page.screenshot(path=folder / "counter.png")
        clerk.answer_all(chance)
        clerk.page.screenshot(path=folder / "counter-answered.png")
        clerk.prepare()
        second = visitor.second_screen()
        second.screenshot(path=folder / "second.png")
        visitor.confirm(second)
        second.screenshot(path=folder / "second-sign.png")
        clerk.wait_printed()
        clerk.page.screenshot(path=folder / "counter-accept.png")
        clerk.accept()
        wait_registered(demo, reception_id)
        clerk.page.wait_for_timeout(1000)
        clerk.page.screenshot(path=folder / "counter-accepted.png")
        paper = demo.prints("counter-1", "form")[0]
        pdf = folder / "form.pdf"
        pdf.write_bytes(demo.print_bytes("counter-1", paper["id"], "pdf"))
        command = ["pdftoppm", "-r", "90", "-png", "-singlefile", str(pdf), str(folder / "form")]
        subprocess.run(command, check=True)
        pdf.unlink()
        department = Clerk(demo, browser, login="kokuho1").sign_in()
        department.page.screenshot(path=folder / "backoffice.png")
        department.page.keyboard.press("j")
        department.page.keyboard.press("Enter")
        department.page.wait_for_timeout(800)
        department.page.screenshot(path=folder / "backoffice-item.png")
        desk = open_page(browser, 1440, 900, [])
        desk.goto(demo.url("devdock"))
        desk.wait_for_timeout(1500)
        desk.screenshot(path=folder / "devdock.png")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, running(Path(made) / "state") as started:
        take(started, target)
