"""Several threads doing one thing at the same moment."""

import threading
from collections.abc import Callable


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """`act` in as many threads, started together; what each returned or raised."""
    start, results = threading.Barrier(count), list[object](range(count))

    def run(number: int) -> None:
        start.wait(30)
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
