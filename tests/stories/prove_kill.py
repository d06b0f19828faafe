"""`make prove-kill`: visit after visit while the server is killed at random moments, as long as one likes.

`python -m tests.stories.prove_kill --kills 200` ends with 0 when nothing was lost or there twice, and says
with which seed to repeat a run that failed. Without failures in n kills, fewer than 3/n of all kills do harm
(95 %).
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from core_adapter.sandbox.seed import load_seed
from tests.stories.demo import running
from tests.stories.hard_days import family
from tests.stories.test_kill import survive
from tests.support_chromium import chromium

KILLS_A_VISIT = 5
# Two people share name and birth date: somebody has to choose between them, which a story of its own tells.
NOT_THESE = ("mihon_ichiro", "mihon_ichiro_2")


def personas() -> list[str]:
    """The heads of all households that nobody has to allow first."""
    seed = load_seed()
    guarded = {one.household_id for one in seed.residents if one.protection != "no"}
    return [
        one.persona
        for one in seed.households
        if one.persona and one.household_id not in guarded and one.persona not in NOT_THESE
    ]


def main(arguments: list[str] | None = None) -> int:
    """Demo after demo, each with every household once, until there were `--kills`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    wanted = parser.parse_args(arguments).kills
    seed = int(os.environ.get("KAKANAI_STORY_SEED") or random.SystemRandom().randrange(10**6))
    say(f"KAKANAI_STORY_SEED={seed}")
    chance, kills = random.Random(seed), 0
    with chromium() as browser:
        while kills < wanted:
            with tempfile.TemporaryDirectory() as made, running(Path(made) / "state") as demo:
                for persona in chance.sample(personas(), len(personas())):
                    survive(demo, browser, chance, family(persona), KILLS_A_VISIT)
                    for context in browser.contexts:
                        context.close()
                    kills += KILLS_A_VISIT
                    say(f"{kills} kills, {persona}: nothing lost, nothing twice")
                    if kills >= wanted:
                        break
    return 0


def say(line: str) -> None:
    """To whoever waits for the end."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
