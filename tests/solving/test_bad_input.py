"""Every number that a public function takes is refused by name if it is not one that it can use."""

import warnings

import numpy as np
import pytest

import thermalent as te
from thermalent import analytic
from thermalent.hardware import thermal_occupation

LINK = te.thermal_link(0.3, 1.0)
PAIR = te.cooperative(2)
RINGS = te.ring_resonators((0.3, 0.4))
# What is no number at all, or none that a computation could use.
NO_NUMBER = (np.nan, np.inf, -np.inf, 10**400, True, "1", 1 + 1j, [], {})


def link(**given):
    return te.thermal_link(**{"n_th": 0.3, "kappa": 1.0, **given})


def phononic(**given):
    return te.phononic_link(**{"n_th": 0.3, "kappa": 1.0, "wavelengths": (0.3, 0.4), **given})


def rings(**given):
    return te.ring_resonators(**{"coupling": (0.3, 0.4), **given})


def rails(**given):
    return te.dual_rail(**{"pairs": 1, "squeezing": 1.0, **given})


# A function of one argument, its name in the message, and what else is refused besides NO_NUMBER.
RATE, SIGNED, TOLERANCE, COUNT = (-1.0,), (), (-1.0, 0.0), (-1, 0, 0.5, 1.5)
PLACES = {
    # networks
    "link n_th": (lambda x: link(n_th=x), "n_th", (*RATE, None)),
    "link kappa": (lambda x: link(kappa=x), "kappa", RATE),
    "link gamma": (lambda x: link(gamma=x), "gamma", (*RATE, None)),
    "link detuning": (lambda x: link(detuning=x), "detuning", (None,)),
    "link dephasing": (lambda x: link(dephasing=x), "dephasing", RATE),
    "link loss": (lambda x: link(loss=x), "loss", (*RATE, 2.0)),
    "link decay": (lambda x: link(intrinsic_decay=x), "intrinsic_decay", RATE),
    "link waveguide": (lambda x: link(waveguide_occupation=x), "waveguide_occupation", RATE),
    "link qubits": (lambda x: link(qubits=x), "qubits", COUNT),
    "link filters": (lambda x: link(filters=x), "filters", COUNT),
    "phononic positions": (
        lambda x: phononic(wavelengths=None, positions=(0.1, x)),
        "positions",
        (None,),
    ),
    "phononic wavelengths": (lambda x: phononic(wavelengths=(0.1, x)), "wavelengths", (None,)),
    "phononic n_th": (lambda x: phononic(n_th=x), "n_th", RATE),
    "rings coupling": (lambda x: rings(coupling=(0.3, x)), "coupling", (None,)),
    "rings right": (lambda x: rings(decay_right=x), "decay_right", RATE),
    "rings left": (lambda x: rings(decay_left=x), "decay_left", RATE),
    "rings distance": (lambda x: rings(distance=x), "distance", (None,)),
    "rings qubits": (lambda x: rings(qubits=x), "qubits", COUNT),
    "rings nodes": (lambda x: rings(nodes=x), "nodes", COUNT),
    "rings decay": (lambda x: rings(qubit_decay=x), "qubit_decay", RATE),
    "rings cavity loss": (lambda x: rings(cavity_loss=x), "cavity_loss", RATE),
    "rings dephasing": (lambda x: rings(dephasing=x), "dephasing", RATE),
    "rings loss": (lambda x: rings(loss=x), "loss", (*RATE, 2.0)),
    "rails pairs": (lambda x: rails(pairs=x), "pairs", (*COUNT, None)),
    "rails squeezing": (lambda x: rails(squeezing=x), "squeezing", ()),
    "rails bandwidth": (lambda x: rails(bandwidth=x), "bandwidth", (-1.0, 0.0)),
    "rails gamma": (lambda x: rails(gamma=x), "gamma", (-1.0, 0.0, None)),
    "rails dephasing": (lambda x: rails(dephasing=x), "dephasing", RATE),
    "rails loss": (lambda x: rails(loss=x), "loss", (*RATE, 2.0)),
    "cooperative qubits": (lambda x: te.cooperative(x), "qubits", COUNT),
    "cooperative decay": (lambda x: te.cooperative(2, x), "decay", RATE),
    "cooperative individual": (lambda x: te.cooperative(2, 1.0, x), "individual_decay", RATE),
    "clockwork decay": (lambda x: te.clockwork(decay=x), "decay", RATE),
    "clockwork relaxation": (lambda x: te.clockwork(relaxation=x), "relaxation", RATE),
    "qubit dephasing": (lambda x: te.Qubit(name="q", dephasing=x), "dephasing", RATE),
    "mode bath": (lambda x: te.Mode(bath_rate=x), "bath_rate", RATE),
    "mode n_th": (lambda x: te.Mode(n_th=x), "n_th", RATE),
    "spin qubits": (lambda x: te.CollectiveSpin(name="s", qubits=x), "qubits", COUNT),
    # methods
    "fraction rtol": (lambda x: te.ContinuedFraction(rtol=x), "rtol", TOLERANCE),
    "fraction n_max": (lambda x: te.ContinuedFraction(n_max=x), "n_max", COUNT),
    "fraction digits": (lambda x: te.ContinuedFraction(digits=x), "digits", COUNT),
    "fock cutoff": (lambda x: te.Fock(cutoff=x), "cutoff", COUNT),
    "fock tolerance": (lambda x: te.Fock(tolerance=x), "tolerance", TOLERANCE),
    "quasistatic rtol": (lambda x: te.Quasistatic(rtol=x), "rtol", (*TOLERANCE, None)),
    "amplitude rtol": (lambda x: te.AmplitudeFluctuations(rtol=x), "rtol", (*TOLERANCE, None)),
    "diffusion r0": (lambda x: te.PhaseDiffusion(r0=x), "r0", RATE),
    **{
        f"{kind.__name__} {name}": (lambda x, kind=kind, name=name: kind(**{name: x}), name, bad)
        for kind in (te.FieldTrajectories, te.QuantumJumps, te.FieldJumps)
        for name, bad in (
            ("n", (*COUNT, None)),
            ("seed", (-1, 0.5, None)),
            ("burn_in", RATE),
            ("window", RATE),
            ("threads", COUNT),
        )
    },
    "trajectories step": (lambda x: te.FieldTrajectories(step=x), "step", TOLERANCE),
    "trajectories target": (lambda x: te.FieldTrajectories(target=x), "target", TOLERANCE),
    "trajectories batch": (lambda x: te.FieldTrajectories(batch=x), "batch", COUNT),
    "jumps tolerance": (lambda x: te.QuantumJumps(tolerance=x), "tolerance", TOLERANCE),
    "jumps cutoff": (lambda x: te.QuantumJumps(cutoff=x), "cutoff", COUNT),
    "jumps tail": (lambda x: te.QuantumJumps(tail=x), "tail", TOLERANCE),
    "jumps samples": (lambda x: te.QuantumJumps(samples=x), "samples", COUNT),
    # what is computed from a network
    "evolve times": (lambda x: te.evolve(LINK, [x], "00"), "times", (-1.0, None)),
    "evolve source": (
        lambda x: te.evolve(LINK, [1.0], "00", source=x),
        "source",
        ("cold", None),
    ),
    "spectrum frequencies": (lambda x: te.spectrum(LINK, [x]), "frequencies", (None,)),
    "spectrum rtol": (lambda x: te.spectrum(LINK, [0.0], rtol=x), "rtol", TOLERANCE),
    "coherence delays": (lambda x: te.coherence(LINK, [x]), "delays", (-1.0, None)),
    "coherence order": (lambda x: te.coherence(LINK, [0.0], order=x), "order", (*COUNT, None)),
    "coherence rtol": (lambda x: te.coherence(LINK, [0.0], rtol=x), "rtol", TOLERANCE),
    "rates count": (lambda x: te.relaxation_rates(LINK, x), "count", (*COUNT, None)),
    "rates rtol": (lambda x: te.relaxation_rates(LINK, rtol=x), "rtol", (*TOLERANCE, None)),
    "rates charge": (lambda x: te.relaxation_rates(LINK, charge=x), "charge", (0.5, 3)),
    "preparation": (
        lambda x: te.preparation_time(LINK, distance=x),
        "distance",
        (*TOLERANCE, None),
    ),
    "purity impurity": (lambda x: te.purity_time(PAIR, impurity=x), "impurity", TOLERANCE),
    "purity pairs": (lambda x: te.purity_time(PAIR, pairs=x), "pairs", COUNT),
    "peak until": (lambda x: te.peak_concurrence(RINGS, "10", until=x), "until", (-1.0, None)),
    "transfer until": (
        lambda x: te.peak_transfer(RINGS, "10", "01", until=x),
        "until",
        (-1.0, None),
    ),
    "transfer times": (lambda x: te.transfer(RINGS, [x], "10", "01"), "times", (-1.0, None)),
    "sensitivities rtol": (
        lambda x: te.sensitivities(te.thermal_link, {"n_th": 0.3, "kappa": 1.0}, rtol=x),
        "rtol",
        TOLERANCE,  # None is the default
    ),
    "optimise starts": (
        lambda x: te.optimise(lambda kappa: link(kappa=kappa), {"kappa": (0.1, 1)}, len, starts=x),
        "starts",
        COUNT,
    ),
    "optimise noise": (
        lambda x: te.optimise(lambda kappa: link(kappa=kappa), {"kappa": (0.1, 1)}, len, noise=x),
        "noise",
        (-1.0,),
    ),
    "optimise seed": (
        lambda x: te.optimise(lambda kappa: link(kappa=kappa), {"kappa": (0.1, 1)}, len, seed=x),
        "seed",
        (-1, 0.5),
    ),
    "design target": (
        lambda x: te.design("293K", "5GHz", "10MHz", x),
        "target",
        (-1.0, 0.0, 1.5, None),
    ),
    "design rtol": (
        lambda x: te.design("293K", "5GHz", "10MHz", 0.5, rtol=x),
        "rtol",
        (*TOLERANCE, None),
    ),
    "best filter n_th": (lambda x: te.best_filter(x, 2), "n_th", (*RATE, None)),
    "best filter order": (lambda x: te.best_filter(10.0, x), "order", (*COUNT, None)),
    "best filter starts": (lambda x: te.best_filter(10.0, 2, starts=x), "starts", COUNT),
    "best filter rtol": (lambda x: te.best_filter(10.0, 2, rtol=x), "rtol", TOLERANCE),
    "n_th temperature": (lambda x: thermal_occupation(x, "5GHz"), "temperature", RATE),
    # closed forms
    "upsilon": (analytic.upsilon, "x", (-1.0, None)),
    "bourret phi": (lambda x: analytic.bourret_populations(x, 0.1), "phi", (-1.0, None)),
    "bourret kappa": (lambda x: analytic.bourret_populations(1.0, x), "kappa", (-1.0, None)),
    "kappa max": (analytic.kappa_max, "n_th", (-1.0, None)),
    "n_star": (analytic.n_star, "kappa", (-1.0, 0.0, None)),
    "phi_eff": (lambda x: analytic.phi_eff(x, 0.1), "phi", (-1.0, None)),
    "diffusion": (
        lambda x: analytic.phase_diffusion_populations(x, 0.1, 1.0),
        "n_th",
        (-1.0, None),
    ),
    "dual rail state": (lambda x: analytic.dual_rail_state(1, x), "squeezing", (None,)),
    "concurrence tolerance": (
        lambda x: te.concurrence(np.eye(4) / 4, tolerance=x),
        "tolerance",
        (-1.0, None),
    ),
}


def allowed(label, value):
    """Whether a value means something there: a seed of any size, a phase, no item of no items."""
    return (
        (label.endswith("seed") and value == 10**400)
        or (label in ("rings coupling", "evolve source") and value == 1 + 1j)
        or (value == [] and (label == "rails loss" or label in CLOSED_FORMS))
    )


CLOSED_FORMS = (
    "upsilon", "bourret phi", "bourret kappa", "kappa max", "n_star", "phi_eff", "diffusion"
)  # fmt: skip
CASES = [
    pytest.param(call, name, value, id=f"{label} = {str(value)[:12]}")
    for label, (call, name, more) in PLACES.items()
    for value in (*NO_NUMBER, *more)
    if not allowed(label, value)
]


@pytest.mark.parametrize(("call", "name", "value"), CASES)
def test_a_number_that_cannot_be_used_is_refused_by_name(call, name, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((ValueError, te.MethodError)) as raised:
            call(value)
    message = str(raised.value)
    assert name in message
    assert " must be " in message
    assert " but " in message
    assert len(message) < 400


def test_the_value_that_is_named_is_the_one_that_was_given():
    with pytest.raises(ValueError, match=r"`gamma` must be .*, but is 1e-320"):
        te.dual_rail(pairs=1, squeezing=1.0, gamma=1e-320)
    with pytest.raises(ValueError, match=r"`qubits` must be at most 1000, but is 4000"):
        te.thermal_link(0.3, 1.0, qubits=4000)


@pytest.mark.parametrize(
    ("network", "method"),
    [
        (te.thermal_link(0.3, 1e-90, filters=2), te.ContinuedFraction()),
        (te.thermal_link(2.0, 1e-90), te.FieldJumps(n=16)),
    ],
)
def test_rates_that_lose_all_digits_are_said_to(network, method):
    """Instead of an error of numpy or Python."""
    with pytest.raises(te.MethodError, match="its rates are too many decades apart"):
        te.steady_state(network, method)


@pytest.mark.parametrize(
    "ask",
    [
        te.heat_currents,
        lambda network: te.heat_over_time(network, [1.0], "10"),
        lambda network: te.coherence(network, [1.0]),
    ],
)
def test_what_follows_from_such_a_state_is_refused_alike(ask):
    with pytest.raises(te.MethodError, match="too many decades apart"):
        ask(te.thermal_link(0.3, 1e-90, filters=2))


def test_a_comparison_names_the_method_that_loses_all_digits():
    network = te.thermal_link(0.3, 1e-90, filters=2)
    (row,) = te.cross_validate(network, [te.ContinuedFraction()]).rows
    assert row.outcome == "failed"
    assert "its rates are too many decades apart" in row.note
