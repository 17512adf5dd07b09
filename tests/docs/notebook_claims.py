"""What the text of the executed pages says about the numbers that their cells have computed."""

CLAIMS = {
    "own_network": (
        # What is no physical decay is refused, by the rule that the page tells.
        'refused.startswith("Argument `decay with the modes\' own ports` must be positive")',
        # Two sources at different temperatures: the evolution ends in the steady state.
        "abs(evolution.concurrence('a', 'b')[1] - steady.concurrence('a', 'b')) < 1e-3",
        "steady.concurrence('a', 'b') > 0.1 > 0.02 > evolution.concurrence('a', 'b')[0] > 0.01",
    ),
    "first_state": (
        # Two exact methods agree; none of the closed forms is good.
        "abs(comparison.rows[0].measure - comparison.rows[1].measure) < 1e-8",
        "all(abs(r.measure - comparison.rows[0].measure) > 1e-3 for r in comparison.rows[2:])",
        # The singlet: negative elements between |01> and |10>.
        "state.state[1, 2].real < -0.3",
    ),
    "tutorial": (
        # What imperfections cost, from the worst to the one that hardly matters.
        "sorted(costs, key=costs.get)[-1].startswith('gamma')",
        "0.5 < costs['loss = 0.01'] / max(costs.values()) < 1 and min(costs.values()) < 0.002",
        # At 1/gamma there is nothing yet, at a hundred times that nearly all.
        "te.evolve(link, [1.0], '00').concurrence()[0] < 1e-3",
        "te.evolve(link, [100.0], '00').concurrence()[0] > 0.95 * concurrence",
    ),
    "dynamics": (
        # At gamma t = 100 within two per cent of the end, and 1/kappa is ten times as long.
        "te.evolve(network, [100.0], '00').concurrence()[0] > 0.98 * evolution.concurrence()[-1]",
    ),
    "filters": (
        # About the same width at half of the peak; the second cavity is far better at its best.
        "max(c.fwhm for c in filters.values()) < 1.05 * min(c.fwhm for c in filters.values())",
        "0.88 < max(found) < 0.895",
    ),
    "experiment": (
        # A range of quality factors, and a best one inside of it.
        "plan.points[0].quality < best.quality < plan.points[-1].quality",
        "max(costs, key=costs.get) == 'loss' and costs['loss'] > 4 * costs['dephasing']",
        # The curve bends: in full it is less than the slope says.
        "0.2 < drop < 0.25 < costs['loss']",
        "found[0.0][0] > found[0.01][0] > found[0.03][0]",
        "found[0.0][1] > 0.7 > found[0.01][1] > found[0.03][1]",
    ),
    "two_rails": (
        "np.allclose(solved, np.tanh(2 * squeezing[1::8]), atol=1e-6)",
        "parallel[0] > 0.9 and crossed[0] == 0 and parallel[-1] == 0 and crossed[-1] > 0.7",
        "all(np.diff(pair) > 0) and pair[-1] < np.tanh(2)",
    ),
    "rings": (
        "abs(peak.value - evolution.concurrence().max()) < 1e-3",
        # The best couplings of the grid are those that are drawn, the second twice the first.
        "abs(g[best[0]] - 0.126) < 0.021 and abs(g[best[1]] - 0.277) < 0.021",
        "fixed[-1] < 0.4 and anew[-1] > 0.7",
    ),
    "closed_forms": (
        "abs(te.analytic.n_star(0.01) * 0.77 / 639.1 - 1) < 0.01",
        "te.analytic.upsilon(0.0) == 1 and te.analytic.upsilon(1e6) < 1e-3",
    ),
}
