"""The platforms that the papers name, with their numbers, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from thermalent.hardware.description import Hardware
from thermalent.hardware.laboratory import Laboratory
from thermalent.hardware.links import bidirectional_link, colour_centre_link, superconducting_link
from thermalent.hardware.occupation import source_temperature
from thermalent.hardware.rails import dual_rail_link
from thermalent.hardware.rings import ring_resonator_link
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls


@dataclass(frozen=True, kw_only=True, repr=False)
class Preset(metaclass=ExplainedClass):
    """A named laboratory: a kind of hardware and its numbers.

    Args:
        what: A short description.
        link: The function that makes the hardware.
        numbers: Its arguments, with their units.
        source: The origin of the numbers.
        assumed: What had to be assumed, because the source does not state it.
        quotation: What the source says of it, in its words.
        verdict: What the numbers give, in a sentence.
    """

    what: str
    link: Callable[..., Hardware | Laboratory]
    numbers: Mapping[str, Any]
    source: str
    assumed: str
    quotation: str = ""
    verdict: str = ""

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={value!r}" for name, value in self.numbers.items())
        return f"<Preset: {self.what}, {self.link.__name__}({numbers})>"

    @property
    def options(self) -> tuple[str, ...]:
        """Names of everything that may be changed."""
        return tuple(inspect.signature(self.link).parameters)


PRESETS: dict[str, Preset] = {
    "superconducting": Preset(
        what="superconducting qubits on a cryogenic link, driven by a resistor at room temperature",
        link=superconducting_link,
        numbers={"temperature": "293K", "frequency": "5GHz", "quality": 2.5e5, "gamma": "10MHz"},
        source="THERMAL, Sec. V A",
        assumed="a waveguide at zero temperature, no dephasing",
        quotation="For frequencies omega_q ~ omega_c = 2 pi x 5 GHz and realistic quality factors "
        "of Q = 2.5 x 10^5, we obtain kappa/gamma = 10^-3 and n_th = 1220 at T = 293 K",
        verdict="The numbers hold; the qubits must stay coherent for 100/gamma, not 1/gamma.",
    ),
    "superconducting-bidirectional": Preset(
        what="superconducting qubits on a microwave line without circulators that ends at the "
        "filter",
        link=bidirectional_link,
        numbers={
            "temperature": "293K",
            "frequency": "5GHz",
            "quality": 2.5e5,
            "gamma": "10MHz",
            "wavelengths": (1.0, 2.0),
        },
        source="THERMAL, end of Sec. V B 2",
        assumed="the numbers of Sec. V A, detunings of +-gamma/2 from Fig. 6",
        quotation="the same conclusion would hold for a bidirectional superconducting quantum "
        "network, in which case the positioning with a small fraction of the wavelength can be "
        "readily achieved",
        verdict="With detunings of gamma/4 it is as good as the one-way line. The fraction has to "
        "be small indeed: half a percent costs 7 % of the concurrence, two percent 41 %.",
    ),
    "siv-orbital": Preset(
        what="orbital states of two SiV centres in diamond on a phonon waveguide",
        link=colour_centre_link,
        numbers={
            "temperature": "300K",
            "frequency": "50GHz",
            "quality": 1e6,
            "gamma": "1MHz",
            "wavelengths": (1.0, 2.0),
            "dephasing_time": "10us",
        },
        source="THERMAL, Sec. V B 3",
        assumed="Q = 1e6 from Sec. V B, detunings of +-gamma/2 from Fig. 6, a waveguide at zero "
        "temperature",
        quotation="a temperature of T = 300 K translates into n_th ~ 100 and we obtain a "
        "steady-state concurrence of about C ~ 0.2",
        verdict="More than the paper says, 0.30, unless Q means kappa = omega_c/Q.",
    ),
    "siv-spin": Preset(
        what="spin states of two SiV centres in diamond on a phononic crystal waveguide",
        link=colour_centre_link,
        numbers={
            "temperature": source_temperature(1e3, 3e9),
            "frequency": "3GHz",
            "quality": 1e6,
            "gamma": "250kHz",
            "wavelengths": (1.0, 2.0),
            "dephasing_time": "1ms",
        },
        source="THERMAL, Sec. V B 3",
        assumed="the temperature of n_th = 1000, which is 144 K; the shorter of the two dephasing "
        "times; Q, detunings and waveguide as for siv-orbital",
        quotation="for a locally heated source with n_th ~ 10^3, our analysis predicts a "
        "steady-state entanglement around C ~ 0.62",
        verdict="As the paper says, with either reading of Q.",
    ),
}


def _other_reading(name: str) -> Preset:
    """The same colour centres where Q stands for kappa = omega_c/Q: a filter twice as wide."""
    first = PRESETS[name]
    return replace(
        first,
        what=f"{first.what}, if Q means kappa = omega_c/Q",
        numbers={**first.numbers, "quality": 5e5},
        assumed=f"as for {name}, but kappa = omega_c/Q with Q = 1e6, which is Q = 5e5 here",
        verdict=_OTHER_VERDICTS[name],
    )


_OTHER_VERDICTS = {
    "siv-orbital": "About 0.2, as the paper says.",
    "siv-spin": "As the paper says, with either reading of Q.",
}
PRESETS |= {f"{name}-wide": _other_reading(name) for name in _OTHER_VERDICTS}
PRESETS |= {
    "ring-caesium": Preset(
        what="caesium atoms at microtoroidal resonators on a chiral waveguide",
        link=ring_resonator_link,
        numbers={
            "frequency": "352THz",
            "quality": 1e7,
            "linewidth": "3.52MHz",
            "coupling": ("59.0MHz", "48.5MHz"),
            "intrinsic_quality": 4e8,
        },
        source="GENERATION, Secs. I and IV C, D",
        assumed="the frequency of the named transition; atoms at the border of what is stated, "
        "Gamma = 0.1 gamma_R; the best couplings for it",
        quotation="omega_a1 ~ 10^7 gamma_R using the optical transition F = 4 to F' = 5 in cesium "
        "atoms ... the atomic decay rate can be made to be Gamma < 0.1 gamma_R, for which the "
        "entanglement is not greatly affected ... quality factors as large as 4 x 10^8",
        verdict="0.70 instead of 0.92, and only with strong coupling, g above gamma_R; 0.36 with "
        "the couplings that are best without decay. The entanglement is affected.",
    ),
    "ring-nv": Preset(
        what="NV centres in diamond at ring resonators on a chiral waveguide",
        link=ring_resonator_link,
        numbers={
            "frequency": "471THz",
            "quality": 1e6,
            "linewidth": "13MHz",
        },
        source="GENERATION, Sec. VII",
        assumed="everything: the zero-phonon line at 637 nm, a lifetime of 12 ns, Q = 1e6, the "
        "couplings to that line that are best without decay, no spectral diffusion",
        quotation="coupling diamond NV centers with ring cavities ... since color centers are "
        "solid-state systems, there is no need to trap them",
        verdict="The lifetime allows 0.68 at Q = 1e6, and 0.89 at 1e5, where gamma_R is larger. "
        "Lines 236 MHz apart leave 0.44 at Q = 1e6.",
    ),
    "ring-rubidium": Preset(
        what="pairs of rubidium atoms at micro-bottle resonators",
        link=ring_resonator_link,
        numbers={"frequency": "384THz", "quality": 1e6, "chirality": 9 / 11, "qubits": 2},
        source="TRANSPORT, Sec. VI",
        assumed="the D2 line of the named levels, Q = 1e6, no decay of the atoms; one order of "
        "magnitude is gamma_R = 10 gamma_L",
        quotation="the atom has different interaction cross-sections (up to one order of magnitude "
        "difference) for the two orthogonal circular polarizations",
        verdict="Nodes nearby lose nothing by the imperfect chirality; far apart it takes a "
        "sixth of the fidelity.",
    ),
    "ring-photonic-crystal": Preset(
        what="pairs of emitters in a photonic crystal with a plasmon nanoparticle",
        link=ring_resonator_link,
        numbers={"frequency": "384THz", "quality": 1e6, "chirality": 0.9, "qubits": 2},
        source="TRANSPORT, Sec. VI",
        assumed="frequency and Q as for ring-rubidium, no decay of the emitters; 95 % one way is "
        "gamma_R = 19 gamma_L",
        quotation="about 95 % of photons propagating unidirectionally along the waveguide",
        verdict="Nodes nearby lose nothing by the imperfect chirality; far apart it takes a "
        "tenth of the fidelity.",
    ),
    "dual-rail-microwave": Preset(
        what="superconducting qubits on two microwave lines behind a parametric amplifier",
        link=dual_rail_link,
        numbers={
            "gamma": "10MHz",
            "bandwidth": "200MHz",
            "squeezing": 1.0,
            "dephasing_time": "1.59us",
        },
        source="DUALRAIL, Fig. 4",
        assumed="gamma of THERMAL, Sec. V A; beta = 20, gamma_phi = gamma/100 and r = 1 are those "
        "of Fig. 4",
        quotation="rather large numbers of N_ent ~ 10-100 can be entangled for moderate beta, "
        "while the presence of dephasing or other imperfections sets additional limits",
        verdict="40 pairs without imperfections, 6 with this dephasing, 7 behind circulators that "
        "lose 2 %, 4 with both.",
    ),
    "dual-rail-optical": Preset(
        what="narrow-band optical emitters on two rails behind a parametric amplifier",
        link=dual_rail_link,
        numbers={
            "gamma": "5MHz",
            "bandwidth": "100MHz",
            "squeezing": 1.0,
            "elsewhere": "250kHz",
        },
        source="DUALRAIL, conclusions; GENERATION, Sec. I",
        assumed="gamma, beta = 20; 5 % of the emission beside the waveguide, in place of none",
        quotation="attractive for long-distance entanglement distribution schemes with long-lived "
        "spins or narrow-bandwidth optical emitters ... a beta factor close to 1",
        verdict="The emission beside the waveguide decides: 5 % leave 3 pairs of 40.",
    ),
}


@with_explained_calls
def preset(name: str, **changes: Any) -> Any:
    """A platform of the papers by name, with some of its numbers changed if given.

    Args:
        name: Any of `PRESETS`, such as "superconducting", "siv-spin", "ring-caesium" or
            "dual-rail-microwave".
        changes: Arguments of its `PRESETS[name].link` to replace, such as quality=5e5,
            dephasing_time="10ms" or base_temperature="50mK".

    Returns:
        The network with the laboratory numbers that it stands for: `Hardware` behind a thermal
        source, else `Laboratory`.

    Raises:
        ValueError: there is no such preset, it has no such number, or a number is out of range.

    Source: `PRESETS[name].source`; numbers missing there are named in `PRESETS[name].assumed`.
    """
    if name not in PRESETS:
        checks.fail("name", f"one of {sorted(PRESETS)}", name)
    chosen = PRESETS[name]
    for option in changes:
        if option not in chosen.options:
            allowed = f"numbers of the preset {name!r}, {list(chosen.options)}"
            checks.fail("changes", allowed, option)
    return chosen.link(**{**chosen.numbers, **changes})
