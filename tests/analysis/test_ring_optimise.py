"""Optima to eight digits with honest errors, and an honest no where there is none."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.optimise import OptimumError, optimise
from thermalent.analytic.ring_resonators import BEST_RATE_RATIO, best_bare_concurrence
from thermalent.excitations import peak_concurrence, peak_transfer
from thermalent.models.ring_resonators import ring_resonators


def nothing(**parameters):
    return parameters


def _depth(network):
    return 16 + int(8 * np.sqrt(network.modes[0].n_th))


class TestKnownMaxima:
    def test_closed_form_of_one_parameter(self):
        found = optimise(
            nothing, {"r": (0.5, 50.0)}, lambda p: float(best_bare_concurrence(p["r"])), starts=3
        )
        assert abs(found.parameters["r"] - BEST_RATE_RATIO) <= found.errors["r"] < 1e-8
        assert found.value == pytest.approx(0.8693765818120214, abs=1e-14)
        assert found.agreeing == found.starts == 3
        assert found.status.ok

    def test_a_narrow_crooked_ridge(self):
        def ridge(p):
            return 1 - (1 - p["x"]) ** 2 - 20 * (p["y"] - p["x"] ** 2) ** 2

        found = optimise(nothing, {"x": (-2.0, 2.0), "y": (-2.0, 3.0)}, ridge, starts=4)
        for name in ("x", "y"):
            assert abs(found.parameters[name] - 1) <= found.errors[name] < 1e-8

    @pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-6])
    def test_the_error_covers_the_noise(self, noise):
        """Noise of uniform distribution: the stated errors bound what it does to the maximum."""
        rng = np.random.default_rng(5)

        def objective(p):
            return float(np.cos(3 * (p["x"] - 0.3)) + noise * rng.uniform(-1, 1))

        found = optimise(nothing, {"x": (0.0, 1.0)}, objective, noise=noise)
        assert abs(found.parameters["x"] - 0.3) <= found.errors["x"]
        assert found.errors["x"] < 10 * noise**0.8  # 1.5 noise/h with h = noise^(1/5)

    def test_the_better_of_two_maxima(self):
        def two(p):
            return float(
                np.exp(-200 * (p["x"] - 0.2) ** 2) + 1.1 * np.exp(-200 * (p["x"] - 0.8) ** 2)
            )

        found = optimise(nothing, {"x": (0.0, 1.0)}, two, starts=8)
        assert found.parameters["x"] == pytest.approx(0.8, abs=1e-8)
        assert 0 < found.agreeing < found.starts

    def test_generation_s_couplings(self):
        """Against the root of the exact gradient of Eq. (8), listed to sixteen digits."""
        found = optimise(
            lambda g1, g2: ring_resonators((g1, g2)),
            {"g1": (0.02, 1.0), "g2": (0.02, 1.0)},
            lambda network: peak_concurrence(network, "10", until=60),
            starts=3,
            seed=4,
        )
        for name, exact in (("g1", 0.1257966537261057), ("g2", 0.2766362682568952)):
            assert abs(found.parameters[name] - exact) <= found.errors[name] < 1e-9

    @pytest.mark.parametrize(
        ("kappa", "occupation", "digits", "concurrence"),
        [
            (0.01, 639.09, 2, 0.67800),
            (0.003, 6300.06, 2, 0.84494),
            (0.001, 51996.4, 1, 0.92773),
        ],
    )
    def test_the_best_temperature_of_a_thermal_link(self, kappa, occupation, digits, concurrence):
        """THERMAL, Eq. (46) prints gamma^2/(12 kappa^2), which is a third too high."""
        found = optimise(
            lambda n_th: te.thermal_link(n_th=n_th, kappa=kappa),
            {"n_th": (10.0, 1e5)},
            # The place of a flat maximum asks for smooth values, not for a proven error: at this
            # depth the truncation is below 1e-14 everywhere in the range.
            lambda network: te.steady_state(
                network, te.ContinuedFraction(n_max=_depth(network))
            ).concurrence(),
            starts=2,
            noise=1e-12,
        )
        assert round(found.parameters["n_th"], digits) == occupation
        assert found.errors["n_th"] < 0.1**digits
        assert round(found.value, 5) == concurrence
        assert found.parameters["n_th"] < 0.8 / (12 * kappa**2)


class TestNoMaximum:
    def test_slow_nonchiral_nodes_have_no_best_coupling(self):
        with pytest.raises(
            OptimumError, match=r"No maximum was found inside the ranges.*bound of g2"
        ) as error:
            optimise(
                lambda g1, g2: ring_resonators((g1, g2), 1.0, 1.0),
                {"g1": (0.02, 1.0), "g2": (0.02, 1.0)},
                lambda network: peak_concurrence(network, "10", until=400),
                starts=3,
            )
        assert "g2" in error.value.result.at_bounds
        assert error.value.result.value > 0.96

    @pytest.mark.parametrize(("range_", "end"), [((0.02, 0.2), 0.02), ((0.6, 2.0), 0.6)])
    def test_transport_on_a_symmetric_waveguide(self, range_, end):
        """TRANSPORT's 0.58 is at g = 0.3: it grows as g falls, down to the end of any range."""
        with pytest.raises(
            OptimumError, match=r"No maximum was found inside the ranges.*bound of g, where"
        ) as error:
            optimise(**self.carried(decay=0.0), ranges={"g": range_}, starts=3)
        found = error.value.result
        assert found.at_bounds == ("g",)
        assert found.parameters["g"] == end
        assert not found.status.ok
        allowed = optimise(**self.carried(0.0), ranges={"g": range_}, starts=3, allow_bounds=True)
        assert allowed.status.ok
        assert allowed.at_bounds == ("g",)
        assert allowed.value == found.value

    def test_but_there_is_one_if_the_qubits_decay(self):
        """The control: slow nodes then lose what they hold."""
        found = optimise(**self.carried(decay=0.01), ranges={"g": (0.02, 0.9)}, starts=3)
        assert found.status.ok
        assert found.at_bounds == ()
        assert 0.05 < found.parameters["g"] < 0.15

    @staticmethod
    def carried(decay):
        """Builder and objective: |Psi+> to the other node of a symmetric waveguide."""
        ends = [{f"q{node}{letter}": np.sqrt(0.5) for letter in "ab"} for node in (1, 2)]
        return {
            "builder": lambda g: ring_resonators(g, 1.0, 1.0, qubits=2, qubit_decay=decay),
            "objective": lambda network: peak_transfer(network, *ends, until=200),
        }

    def test_an_upper_bound(self):
        with pytest.raises(
            OptimumError,
            match=r"at x = 1, lies on a bound of x, where 8 of 8 searches ended\. Widen the range",
        ):
            optimise(nothing, {"x": (0.0, 1.0)}, lambda p: p["x"])

    @pytest.mark.parametrize("gap", [0.1, 1e-2, 1e-3, 1e-4, 1e-5])
    @pytest.mark.parametrize("other", [0.4, 1.2])
    def test_a_maximum_just_inside_of_a_bound_is_one(self, gap, other):
        """And a bound of another parameter, if it ends on that, is still said."""

        def objective(p):
            return -((p["x"] - 1 + gap) ** 2) - (p["y"] - other) ** 2

        found = optimise(nothing, {"x": (0.0, 1.0), "y": (0.0, 1.0)}, objective, allow_bounds=True)
        assert found.at_bounds == (("y",) if other > 1 else ())
        assert abs(found.parameters["x"] - 1 + gap) < 1e-8

    def test_a_window_in_time_is_no_optimum(self):
        with pytest.raises(OptimumError, match="end of the time interval") as error:
            optimise(
                lambda g: ring_resonators((g, g * (np.sqrt(2) - 1)), 1.0, 1.0),
                {"g": (0.01, 0.2)},
                lambda network: peak_concurrence(network, "10", until=100),
                starts=2,
            )
        assert 0.01 < error.value.result.parameters["g"] < 0.2

    def test_bounds_may_be_allowed(self):
        found = optimise(
            nothing,
            {"x": (0.0, 1.0), "y": (0.0, 1.0)},
            lambda p: p["x"] - (p["y"] - 0.4) ** 2,
            allow_bounds=True,
        )
        assert found.at_bounds == ("x",)
        assert found.parameters["x"] == 1.0
        assert abs(found.parameters["y"] - 0.4) < 1e-8

    def test_parameters_without_effect_and_kinks(self):
        with pytest.raises(OptimumError, match="not a smooth maximum"):
            optimise(nothing, {"x": (0.0, 1.0), "y": (0.0, 1.0)}, lambda p: -((p["x"] - 0.4) ** 2))
        with pytest.raises(OptimumError, match="not a smooth maximum"):
            optimise(nothing, {"x": (0.0, 1.0)}, lambda p: -abs(p["x"] - 0.4))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"ranges": {}}, "`ranges` must be pairs"),
            ({"ranges": None}, "`ranges` must be a mapping such as a dict"),
            ({"ranges": [("x", (0.0, 1.0))]}, "`ranges` must be a mapping such as a dict"),
            ({"ranges": {"x": (1.0, 1.0)}}, r"low < high for 'x', but is \(1.0, 1.0\)"),
            ({"ranges": {"x": (2.0, 1.0)}}, "low < high for 'x'"),
            ({"ranges": {"x": 0.3}}, "low < high for 'x', but is 0.3"),
            ({"ranges": {"x": (0.0, 1.0, 2.0)}}, "low < high for 'x'"),
            ({"ranges": {"x": "01"}}, "low < high for 'x'"),
            ({"ranges": {"x": (0.0, np.inf)}}, "`ranges` must be a finite real number"),
            ({"ranges": {"x": (0.0, 1.0)}, "starts": 0}, "`starts` must be an integer"),
            ({"ranges": {"x": (0.0, 1.0)}, "noise": 0.0}, "`noise` must be finite and positive"),
        ],
    )
    def test_refuses(self, options, message):
        with pytest.raises(ValueError, match=message):
            optimise(nothing, objective=lambda p: -(p["x"] ** 2), **options)

    def test_what_is_no_number(self):
        with pytest.raises(ValueError, match="`objective` must be a finite real number"):
            optimise(nothing, {"x": (0.0, 1.0)}, lambda p: np.nan)


def test_seeds_make_it_reproducible():
    def run(seed):
        return optimise(
            nothing, {"x": (0.0, 1.0)}, lambda p: float(np.sin(3 * p["x"])), starts=2, seed=seed
        )

    assert run(1) == run(1)
    assert run(1).parameters["x"] == pytest.approx(run(2).parameters["x"], abs=1e-8)
