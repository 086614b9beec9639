"""A hook's connection is made once, and holds up no other hook's."""

import threading

from airflow_argo.hooks.once import once


class Made:
    def __init__(self, makes):
        self._makes = makes

    @once
    def value(self):
        """What it is made of."""
        return self._makes()


def test_it_is_worked_out_once_and_may_be_set():
    made = Made(iter([1, 2]).__next__)
    assert (made.value, made.value) == (1, 1)
    made.__dict__["value"] = 3
    assert made.value == 3
    assert Made.value.__doc__ == "What it is made of."


def test_one_that_takes_long_holds_up_no_other():
    begun, go_on = threading.Event(), threading.Event()
    slow = Made(lambda: begun.set() or go_on.wait(60))
    thread = threading.Thread(target=lambda: slow.value)
    thread.start()
    assert begun.wait(60)
    quick = Made(lambda: "done")
    got = []
    other = threading.Thread(target=lambda: got.append(quick.value))
    other.start()
    other.join(20)
    go_on.set()
    thread.join(60)
    assert got == ["done"]
