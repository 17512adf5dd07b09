"""The chain or the lattice, by costs that are given, and what is too large for the chain."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.several_poles import choice
from thermalent.support import memory_limit


def of_chain(length=3, variance=4.0, hop=0.1, fastest=2.0):
    drift = np.diag(np.full(length, 0.1)) + np.diag(np.full(length - 1, hop), 1)
    return SimpleNamespace(
        length=length, variance=variance, drift=drift, numbers=np.array([0, 1, 1, 2]),
        liouvillian=np.diag([0.0, -fastest, fastest / 2]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("by_chain", "by_lattice", "chosen"),
    [
        (0.9, 1.0, True),
        (1.1, 1.0, False),
        (2.9, 2.95, True),
        (3.0, 2.95, False),
        (12.0, 3.05, True),  # a long iteration may end without the digits
        (12.3, 3.05, False),
    ],
)
def test_the_cheaper_is_taken_and_the_chain_where_the_lattice_takes_long(
    monkeypatch, by_chain, by_lattice, chosen
):
    chain, asked = of_chain(), []

    def work(chain, quanta, depth):
        asked.append((quanta, depth))
        return by_chain * 1.5e10

    monkeypatch.setattr(choice, "source_of", lambda of: of)
    monkeypatch.setattr(choice, "lattice_seconds", lambda of: by_lattice)
    monkeypatch.setattr(choice, "work", work)
    found = choice.preferred_chain(SimpleNamespace(chain=chain), 1e-9)
    assert found is (chain if chosen else None)
    # 17 tiers for each root of a quantum, and 16; an order for 0.65 + 6 * 0.05 of a digit, and one.
    assert asked == [(int(np.ceil(1 + 9 * 0.95)), 16 + 17 * 2.0)]
    assert choice.preferred_chain(SimpleNamespace(chain="none"), 1e-9) is None


def test_orders_that_a_digit_takes_grow_with_the_hop_up_to_a_limit():
    assert choice._quanta(of_chain(hop=0.0), 1e-4) == int(np.ceil(1 + 4 * 0.65))
    assert choice._quanta(of_chain(hop=0.5), 1e-4) == int(np.ceil(1 + 4 * 2.15))
    assert choice._quanta(of_chain(hop=-0.5), 1e-4) == int(np.ceil(1 + 4 * 2.15))
    assert choice._quanta(of_chain(hop=2.0), 1e-4) == int(np.ceil(1 + 4 * 2.5))
    assert choice._quanta(of_chain(fastest=0.0), 1e-4) == 1 + 10
    assert choice._quanta(of_chain(length=1), 1e-4) == 0
    assert choice._depth(of_chain(variance=-4.0)) == 50.0


def test_a_chain_is_too_large_by_its_tiers_its_memory_or_its_work(monkeypatch):
    limits = {"depth": float(choice.MOST_TIERS), "work": choice.MOST_WORK, "fits": True}
    asked = []
    monkeypatch.setattr(choice, "_depth", lambda chain: limits["depth"])
    monkeypatch.setattr(choice, "work", lambda *given: asked.append(given[1:]) or limits["work"])
    monkeypatch.setattr(choice, "bytes_needed", lambda chain, quanta: asked.append(quanta) or 7e9)
    monkeypatch.setattr(memory_limit, "fits", lambda needed: limits["fits"])
    assert choice.chain_too_large(of_chain()) is None
    assert asked == [3, (3, limits["depth"])]  # what a result with an error takes
    limits["work"] *= 1.01
    assert "of its 3 poles would need about" in choice.chain_too_large(of_chain())
    limits["fits"] = False
    assert "are free" in choice.chain_too_large(of_chain())
    limits["depth"] *= 1.01
    assert "so hot" in choice.chain_too_large(of_chain())


def test_costs_of_the_chain_are_those_of_its_orders_and_at_least_of_three(monkeypatch):
    monkeypatch.setattr(choice, "work", lambda chain, quanta, depth: 1e3 * quanta * depth)
    monkeypatch.setattr(choice, "bytes_needed", lambda chain, quanta: 10.0 * quanta)
    cost = choice.chain_cost(of_chain(), 1e-4)
    assert (cost.bytes, cost.least, cost.operations) == (50.0, 30.0, 1e3 * 5 * 50.0)
    cost = choice.chain_cost(of_chain(length=1), 1e-4)
    assert (cost.bytes, cost.least) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("rtol", "last", "tier", "least"),
    [
        (1e-9, None, 24, 2),
        (1e-3, None, 8, 2),
        (0.1, None, 4, 2),  # two more than the first
        (None, 7, 7, 7),
        (None, None, 19, 2),  # as many as the budget affords
        (1e-9, 7, 7, 7),
    ],
)
def test_costs_of_the_lattice_are_those_of_the_tiers_that_an_accuracy_takes(
    monkeypatch, rtol, last, tier, least
):
    monkeypatch.setattr(choice, "sectors", lambda of: None)
    monkeypatch.setattr(choice, "_nine_digits", lambda of: 23.4)
    monkeypatch.setattr(choice, "unknowns", lambda elements, tier: 4e6 / 19.5 * tier)
    monkeypatch.setattr(choice.solve, "lattice_memory", lambda elements, tier: 100.0 * tier)
    cost = choice.lattice_cost(None, rtol, last)
    assert (cost.bytes, cost.least) == (100.0 * tier, 100.0 * least)
    seconds = choice._LATTICE_SECONDS * 4e6 / 19.5 * tier
    assert cost.operations == pytest.approx(1e9 * seconds)


def test_the_lattice_takes_longer_the_wider_the_source(monkeypatch):
    monkeypatch.setattr(choice, "sectors", lambda of: None)
    asked = []
    monkeypatch.setattr(choice, "unknowns", lambda elements, tier: asked.append(tier) or 1e3)
    monkeypatch.setattr(choice.solve, "lattice_refusal", lambda of: of.refusal)
    for variance in (0.0, 4.0, -4.0):
        covariance = np.array([[0.0, 0.0], [0.0, variance]])
        of = SimpleNamespace(gaussian=SimpleNamespace(covariance=covariance), refusal=None)
        seconds = choice.lattice_seconds.__wrapped__(of)
        assert seconds == pytest.approx(1e3 * choice._LATTICE_SECONDS)
    width = choice._LATTICE_PER_WIDTH * 2.0
    assert asked == [int(choice._LATTICE_TIERS)] + 2 * [int(choice._LATTICE_TIERS + width)]
    of.refusal = "too large"
    assert choice.lattice_seconds.__wrapped__(of) == np.inf


@pytest.mark.parametrize(
    ("variance", "bytes_"), [(0.99 * choice.COLD, 90.0), (1.01 * choice.COLD, 70.0)]
)
def test_hot_coherent_starts_have_charges_apart_where_that_is_less(monkeypatch, variance, bytes_):
    asked = []
    monkeypatch.setattr(choice, "bytes_of_displaced", lambda *given: asked.append(given[3]) or 90.0)
    monkeypatch.setattr(choice, "empty_start_bytes", lambda chain, rtol: 70.0)
    assert choice.coherent_start_bytes(of_chain(variance=variance), 1e-4) == bytes_
    assert asked == [2 + 7]
