"""How the invented core behaves at the moment: the names that tests and the hardware desk use.

up; slow: answers after ten seconds; down: closes connections; reject: takes notifications and later refuses
them in the feed; lose_ack: takes a notification and closes the connection without saying so.
"""

from __future__ import annotations

from typing import Literal

Mode = Literal["up", "slow", "down", "reject", "lose_ack"]
