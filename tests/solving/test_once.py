"""Attributes that are worked out once: without a lock, in the object's own dictionary."""

from thermalent.support.once import once


class Worked:
    def __init__(self):
        self.asked = 0

    @once
    def number(self):
        """What it is."""
        self.asked += 1
        return [self.asked]


def test_it_is_worked_out_when_first_asked_for_and_kept():
    one, other = Worked(), Worked()
    assert one.asked == 0
    assert one.number is one.number
    assert one.asked == 1
    assert other.number is not one.number
    assert vars(one)["number"] == [1]


def test_the_class_itself_has_the_description():
    assert Worked.number.__doc__ == "What it is."
