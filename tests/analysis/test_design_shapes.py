"""Shapes and orders side by side: every number is checked forwards by a state of its own."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import thermalent as te
from thermalent.analysis.design import plot_shapes, shape_search
from thermalent.analysis.design.result import Design
from thermalent.analysis.design.shape_points import _bought, tolerance_rows
from thermalent.analysis.design.shape_search import mistuned, read_shape
from thermalent.analysis.shapes.passive_spectra import ChainNumbers
from thermalent.cli import main
from thermalent.cli.design import _data as design_data
from thermalent.cli.output import plain

LAB = ("30K", "5GHz", "10MHz")
TARGET = 0.45
EXACT = te.ContinuedFraction(rtol=1e-4)
# Truncations are corrected by states of an rtol of 2e-3; a concurrence changes by twice as much.
CLOSE = 4e-3


@pytest.fixture(scope="module")
def found():
    return te.design(*LAB, TARGET, margins=(), filters=(1, 2), shapes=("butterworth",))


def forwards(design, shape, **changes):
    """The concurrence from laboratory numbers alone."""
    return te.steady_state(design.hardware(shape, **changes).network, EXACT).concurrence()


def test_every_shape_is_at_its_best_width(found):
    assert [shape.name for shape in found.shapes] == ["1 cavity", "Butterworth 2"]
    for shape in found.shapes:
        best = forwards(found, shape)
        assert abs(best - shape.concurrence) < shape.concurrence.error
        for factor in (0.85, 1.15):
            net = te.thermal_link(found.n_th, filter=shape.filter.scaled(factor))
            assert te.steady_state(net, EXACT).concurrence() < best
        assert shape.filter.fwhm == pytest.approx(shape.fwhm, rel=1e-9)
    single, double = found.shapes
    assert double.concurrence > single.concurrence + 0.05


def test_one_cavity_is_that_of_the_design(found):
    alone = te.design(*LAB, TARGET, margins=(), attenuate=False)
    assert found.shapes[0].concurrence == pytest.approx(alone.best.concurrence, abs=CLOSE)
    assert found.shapes[0].fwhm == pytest.approx(2 * alone.best.kappa, rel=0.05)  # it is flat
    # Of the widest and the narrowest one the concurrence itself is known to `CLOSE`.
    slope = max(abs(point.sensitivities["kappa"]) for point in alone.points)
    for ours, theirs in (
        (found.shapes[0].widest, alone.points[0]),
        (found.shapes[0].narrowest, alone.points[-1]),
    ):
        assert np.log(ours / (2 * theirs.kappa)) == pytest.approx(0, abs=2 * CLOSE / slope)


def test_widths_between_which_the_target_is_reached(found):
    for shape in found.shapes:
        assert shape.narrowest < shape.fwhm < shape.widest
        for width in (shape.narrowest, shape.widest):
            net = te.thermal_link(found.n_th, filter=shape.filter.scaled(width / shape.fwhm))
            # Fast changes of a wide filter's field take many quanta for more digits.
            state = te.steady_state(net, te.ContinuedFraction(rtol=2e-3))
            assert state.concurrence() == pytest.approx(TARGET, abs=CLOSE)


def test_what_each_tolerates(found):
    for shape in found.shapes:
        assert forwards(found, shape, loss=shape.loss) == pytest.approx(TARGET, abs=CLOSE)
        time = 1 / (2 * np.pi * 1e7 * shape.dephasing)
        assert forwards(found, shape, dephasing_time=time) == pytest.approx(TARGET, abs=CLOSE)
    single, double = found.shapes
    assert single.mistuning is None
    split = te.thermal_link(found.n_th, filter=mistuned(double.filter, double.mistuning))
    assert te.steady_state(split, EXACT).concurrence() == pytest.approx(TARGET, abs=CLOSE)


def test_the_curve_goes_through_the_best(found):
    for shape in found.shapes:
        assert np.max(shape.margins) == pytest.approx(shape.concurrence, abs=CLOSE)
        at = float(np.interp(np.log(shape.widest), np.log(shape.widths), shape.margins))
        assert at == pytest.approx(TARGET, abs=0.02)  # between points of the curve


def test_out_of_reach():
    poor = te.design(*LAB, 0.9, margins=(), attenuate=False, filters=2, shapes=("cavities",))
    (shape,) = poor.shapes
    assert not poor.reachable
    assert shape.widest is shape.narrowest is shape.loss is shape.mistuning is None
    assert "None of the shapes reaches it" in poor.answer
    assert poor.tolerance_rows() == []


def test_tables_line_up_and_json_has_everything(tmp_path):
    command = [
        "design", "--temperature", "30K", "--target-concurrence", str(TARGET),
        "--filters", "1..2", "--shapes", "cavities,chebyshev:0.5", "--no-attenuation",
    ]  # fmt: skip
    path = tmp_path / "shapes.png"
    told = CliRunner().invoke(main, [*command, "-o", str(path)])
    assert told.exit_code == 0, told.output
    assert path.stat().st_size > 10_000
    lines = told.stdout.splitlines()  # progress is told beside it, and may be longer
    assert max(map(len, lines)) <= 100
    assert "…" not in told.output
    (heading,) = [line for line in lines if line.startswith("shape")]
    rows = lines[lines.index(heading) + 2 :][:3]
    assert [row.split("   ")[0].strip() for row in rows] == [
        "1 cavity", "2 cavities", "Chebyshev 2, 0.5 dB",
    ]  # fmt: skip


def test_json_has_everything(found):
    data = json.loads(json.dumps(plain(design_data(found))))
    assert [shape["order"] for shape in data["shapes"]] == [1, 2]
    for shape in data["shapes"]:
        assert shape["quality"] == pytest.approx(5e9 / (shape["fwhm"] * 1e7))
        assert 0 < shape["concurrence_error"] < 0.01
        assert len(shape["widths"]) == len(shape["margins"])


def test_resonators_at_other_frequencies():
    shifts = [0.3, -0.1, 0.2]
    moved = te.Filter.cavities([1.0, 0.5, 2.0]).detuned(shifts)
    made = te.Filter.cavities([1.0, 0.5, 2.0], detunings=shifts)
    omega = np.linspace(-3, 3, 31)
    np.testing.assert_allclose(moved.response(omega), made.response(omega), atol=1e-14)
    ladder = te.Filter.butterworth(3, 2.0)
    together = ladder.detuned([0.4] * 3)
    np.testing.assert_allclose(together.response(omega), ladder.response(omega - 0.4), atol=1e-14)
    with pytest.raises(ValueError, match="resonators of this filter are not known"):
        te.Filter.poles_and_zeros([-1.0]).detuned([0.1])
    with pytest.raises(ValueError, match="Argument `detunings` must"):
        ladder.detuned([0.1])


@pytest.mark.parametrize("text", ["elliptic", "butterworth:2", "chebyshev:x", ""])
def test_unknown_shapes_are_named(text):
    with pytest.raises(ValueError, match="Argument `shapes` must be cavities, butterworth"):
        read_shape(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 7}, "Argument `filters` must be"),
        ({"filters": (0, 1)}, "Argument `filters` must be"),
        ({"shapes": ()}, "Argument `shapes` must be at least one shape"),
        ({"shapes": ("chebyshev:4",)}, "Argument `ripple` must be"),
    ],
)
def test_what_is_out_of_range_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        te.design(*LAB, TARGET, **{"filters": 2, **arguments})


def test_orders_of_the_command_line():
    told = CliRunner().invoke(main, ["design", "--target-concurrence", "0.5", "--filters", "a"])
    assert told.exit_code == 2
    assert "is no order" in told.output


def test_curves_of_shapes_are_no_polygons():
    """They run through the solved points, which come in any order, and keep between them."""
    widths = np.geomspace(0.1, 10.0, 15)[::-1]
    drawn, values = plot_shapes._smooth(widths, 1 - 0.1 * np.log(widths) ** 2)
    assert np.all(np.diff(drawn) > 0)
    assert len(drawn) > 200
    assert np.max(np.abs(values - (1 - 0.1 * np.log(drawn) ** 2))) < 4e-3
    few = widths[:3]
    assert plot_shapes._smooth(few, few)[1] is few


def test_every_order_has_a_colour_of_its_own_and_every_family_its_line():
    shapes = [
        SimpleNamespace(
            order=order, family=family, name=f"{family} {order}", widths=np.array([0.1, 0.2]),
            margins=np.array([0.5, 0.4]),
        )
        for order in range(1, 7) for family in ("cavities", "butterworth", "chebyshev")
    ]  # fmt: skip
    design = SimpleNamespace(shapes=shapes, frequency=5e9, gamma=1e7, temperature=293.0, target=0.6)
    axes = Figure().subplots()
    plot_shapes._over_quality(axes, design)
    lines = axes.lines[: len(shapes)]
    for kind, count in (("order", 6), ("family", 3)):
        looks = {
            (getattr(shape, kind), line.get_color() if kind == "order" else line.get_linestyle())
            for shape, line in zip(shapes, lines, strict=True)
        }
        assert len(looks) == len({look for _, look in looks}) == count
    np.testing.assert_allclose(lines[0].get_xdata(), 5e9 / (np.array([0.1, 0.2]) * 1e7))


def test_the_dephasing_that_is_tolerated_is_told_as_a_time():
    """A rate of 2 % of gamma / 2 pi = 1 MHz is one per 1 / (2 pi 20 kHz) = 7.96 us."""
    shape = SimpleNamespace(name="single pole", loss=0.105, dephasing=0.02, mistuning=None)
    unlimited = SimpleNamespace(name="other", loss=np.inf, dephasing=np.inf, mistuning=0.3)
    unreached = SimpleNamespace(name="poor", loss=None, dephasing=None, mistuning=None)
    assert tolerance_rows([shape, unlimited, unreached], 1e6) == [
        ("single pole", "10.5 %", "7.96 us", "-"),
        ("other", "any", "any", "300 kHz"),
    ]


@pytest.mark.parametrize("target", [0.8, 0.5, 0.475])
def test_widths_far_from_the_best_are_followed_and_corrected(monkeypatch, target):
    """A margin 0.9 - log(w)^2/10 of which a scan shows 0.02 too much, and 0.021 at the crossing."""

    def curve(width):
        return 0.9 - 0.1 * np.log(width) ** 2

    asked = []
    search = object.__new__(shape_search._ShapeSearch)
    vars(search).update(
        target=target,
        lowered=0.02,
        tiers=7,
        unit=ChainNumbers(np.ones((1, 1)), 1.0),
        filter=SimpleNamespace(label="", scaled=lambda width: width),
        report=lambda words: None,
        coarse=SimpleNamespace(tiers_for=lambda numbers, tolerance: 9),
        fine=SimpleNamespace(
            value=lambda numbers, tiers: asked.append(numbers.flux) or curve(numbers.flux) + 0.02
        ),
        _network=lambda width: width,
    )
    monkeypatch.setattr(shape_search, "truncated_state", lambda width, quanta, tiers: width)
    monkeypatch.setattr(shape_search, "margin", lambda width: curve(width) - 0.001)
    away = np.exp(np.sqrt(10 * (0.899 - target)))
    for side in (1, -1):
        asked.clear()
        assert search._crossing(1.0, side) == pytest.approx(away**side, rel=2e-5)
        doubled = 2.0 ** (side * np.arange(1, np.ceil(np.log2(away)) + 1))
        assert asked[: len(doubled)] == pytest.approx(doubled)  # until one is too far
        assert max(np.log2(asked[len(doubled) :]) * side) == pytest.approx(len(doubled))
    search.fine = SimpleNamespace(value=lambda numbers, tiers: 0.9)
    assert search._crossing(1.0, 1) is search._crossing(1.0, -1) is None


def test_the_tiers_of_a_scan_are_those_of_twice_the_rough_width(monkeypatch):
    """A source of twice the bandwidth needs more of them; wider ones are not scanned finely."""
    asked = []
    search = object.__new__(shape_search._ShapeSearch)
    vars(search).update(
        unit=ChainNumbers(np.ones((1, 1)), 1.0),
        filter=SimpleNamespace(label="", order=1, scaled=lambda width: width),
        shape=SimpleNamespace(name="cavity"),
        target=1.0,
        report=lambda words: None,
        coarse=SimpleNamespace(
            value=lambda numbers, tiers: -abs(np.log(numbers.flux / 0.02)),
            tiers_for=lambda numbers, tolerance: asked.append((numbers.flux, tolerance)) or 5,
        ),
        fine=SimpleNamespace(value=lambda numbers, tiers: 0.5 - np.log(numbers.flux / 0.02) ** 2),
        _concurrence=lambda width: te.Estimate(0.4, 0.01, ""),
    )
    found = search.run()
    rough = max((width for width, tolerance in asked[:-1]), key=lambda w: -abs(np.log(w / 0.02)))
    assert asked[-1] == (2 * rough, shape_search._FINE)
    assert found.fwhm == pytest.approx(0.02, rel=1e-4)
    assert search.lowered == pytest.approx(0.1, abs=1e-6)
    assert found.widest is found.narrowest is found.loss is None


class Wearing:
    """A margin that falls with an imperfection: 0.9 - (a/unit)^2, less with fewer quanta."""

    def __init__(self, monkeypatch, unit, link_loss=0.0, reached=0.87):
        self.asked, self.unit = [], unit
        self.search = object.__new__(shape_search._ShapeSearch)
        vars(self.search).update(
            target=0.7,
            lowered=0.03 - 0.002,  # of two quanta, where the state itself shows 0.87
            tiers=7,
            link={"loss": link_loss, "dephasing": 0.0},
            concurrence=te.Estimate(reached, 0.0, ""),
            filter=SimpleNamespace(label="", order=2, scaled=lambda width: ("filter", width)),
            report=lambda words: None,
            _network=lambda filter, **more: (filter, more),
        )
        monkeypatch.setattr(shape_search, "truncated_state", self.state)
        monkeypatch.setattr(shape_search, "margin", lambda value: value)
        monkeypatch.setattr(shape_search, "mistuned", lambda filter, amount: ("mistuned", amount))

    def state(self, network, quanta, tiers):
        filter, more = network
        assert tiers == 7
        if more:
            (name, amount), *_ = more.items()
            assert filter == ("filter", 0.3)
        else:
            (name, amount) = filter
        self.asked.append((name, amount, quanta))
        return 0.9 - (amount / self.unit) ** 2 - (0.002 + 0.004 * amount if quanta == 2 else 0.0)


@pytest.mark.parametrize(
    ("name", "unit"), [("loss", 1.1), ("loss", 1e-3), ("dephasing", 20.0), ("mistuning", 3.0)]
)
def test_a_tolerance_is_bracketed_by_fours_and_corrected_once(monkeypatch, name, unit):
    wearing = Wearing(monkeypatch, unit)
    found = wearing.search._spent(0.3, name)
    most = 1.0 if name == "loss" else 100.0
    # With one quantum 0.9 is shown for 0.87; with two, 0.898 for 0.87.
    first = unit * np.sqrt(0.17)
    missed = 0.87 - 0.004 * first - (first / unit) ** 2 - 0.7
    assert found == pytest.approx(first + missed / (2 * first / unit**2), rel=2e-3)
    asked = [amount for told, amount, quanta in wearing.asked if quanta == 1]
    assert {told for told, *_ in wearing.asked} == {name if name != "mistuning" else "mistuned"}
    assert asked[0] == 0.0
    tried = [most * 4.0 ** (k - 9) for k in range(12) if k == 0 or most * 4.0 ** (k - 10) <= first]
    assert asked[1 : 1 + len(tried)] == pytest.approx(np.minimum(tried, most))
    assert [quanta for *_, quanta in wearing.asked][-1] == 2


def test_what_never_costs_as_much_is_unlimited(monkeypatch):
    assert Wearing(monkeypatch, 1e3).search._spent(0.3, "loss") == np.inf
    wearing = Wearing(monkeypatch, 1.6, link_loss=0.4)  # 0.66 would do, and 0.6 are left
    assert wearing.search._spent(0.3, "loss") == np.inf
    assert max(amount for _, amount, _ in wearing.asked) == pytest.approx(0.6)
    wearing = Wearing(monkeypatch, 1.45, link_loss=0.4)  # 0.598, corrected by less
    assert wearing.search._spent(0.3, "loss") == pytest.approx(0.6, abs=0.01)
    single = Wearing(monkeypatch, 1.0).search
    single.filter.order = 1
    assert single._spent(0.3, "mistuning") == np.inf


def shape_named(name, order, concurrence, reaches):
    return SimpleNamespace(
        name=name, order=order, concurrence=concurrence, widest=0.1 if reaches else None
    )


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (
            [("a", 1, 0.7, False), ("b", 2, 0.9, True), ("c", 3, 0.8, True)],
            "Of the shapes compared 2 poles are the fewest that reach it; the largest of the"
            " shapes is C = 0.900 (b).",
        ),
        (
            [("a", 3, 0.8, True), ("b", 1, 0.71, True)],
            "Of the shapes compared one pole is the fewest that reach it; the largest of the"
            " shapes is C = 0.800 (a).",
        ),
        (
            [("a", 1, 0.2, False), ("b", 2, 0.3, False)],
            "None of the shapes reaches it: the largest of the shapes is C = 0.300 (b).",
        ),
    ],
)
def test_the_shapes_in_words(shapes, words):
    design = SimpleNamespace(shapes=[shape_named(*shape) for shape in shapes])
    assert Design._several_poles.fget(design) == words


def test_what_a_pole_brings_is_counted_from_the_next_lower_order():
    """Of the same family, or of one cavity, which begins every family."""
    one, two, four, other = shapes = [
        SimpleNamespace(family=family, order=order, concurrence=concurrence)
        for family, order, concurrence in (
            ("cavities", 1, 0.2), ("butterworth", 2, 0.5), ("butterworth", 4, 0.58),
            ("chebyshev", 3, 0.8),
        )
    ]  # fmt: skip
    assert _bought(one, shapes) is None
    assert _bought(two, shapes) == pytest.approx(0.3)
    assert _bought(four, shapes) == pytest.approx(0.04)
    assert _bought(other, shapes) == pytest.approx(0.3)
