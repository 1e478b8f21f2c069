"""The `[training]` section: the final run, and the parts of a model's compute that regimes tell apart."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from inferscope.core.scenario.bounds import AtLeastOne, NonNegative, Positive, PositiveShare
from inferscope.core.scenario.ranges import Number, parse_number
from inferscope.core.scenario.section import Section
from inferscope.core.scenario.tables import NUMBER_KEYS

FORWARD: Final = 2.0
"""FLOP per active parameter and token of a forward pass alone: generating, judging, recomputing."""
BOTH_WAYS: Final = 6.0
"""FLOP per active parameter and token of a forward and a backward pass: training."""


class Part(Section):
    """A part of a model's training compute: in FLOP, or as parameters and tokens, or only that it exists."""

    flop: NonNegative | None = Field(default=None, description="its compute, FLOP")
    parameters: Positive | None = Field(
        default=None, description="active parameters that worked on it; with tokens, in place of flop"
    )
    tokens: NonNegative | None = Field(default=None, description="tokens that it took")
    exists: StrictBool | None = Field(
        default=None, description="true: it was done, and how much is not known; false: it was not done"
    )

    @model_validator(mode="after")
    def _said_once(self) -> Part:
        """Refuse a part that says nothing, half of it, or two things."""
        pair = (self.parameters is not None, self.tokens is not None)
        if pair[0] != pair[1]:
            message = "parameters and tokens belong together: give both, or flop"
        elif self.flop is not None and pair[0]:
            message = "is given twice: keep flop, or parameters and tokens"
        elif self.is_given and self.exists is False:
            message = "has a figure and is said not to exist: drop one of them"
        elif not self.is_given and self.exists is None:
            message = "says nothing: give flop, or parameters and tokens, or exists = true"
        else:
            return self
        raise ValueError(message)

    @property
    def is_given(self) -> bool:
        """Whether it has a figure."""
        return self.flop is not None or self.tokens is not None

    @property
    def is_unknown(self) -> bool:
        """Whether it was done and nobody says how much."""
        return bool(self.exists) and not self.is_given

    def ends(self, flop_per_parameter_and_token: float) -> tuple[float, float, float]:
        """Low end, middle and high end of its compute in FLOP.

        >>> Part(parameters=3.8e9, tokens=3.3e12).ends(BOTH_WAYS)
        (7.524e+22, 7.524e+22, 7.524e+22)
        """
        if self.flop is not None:
            return _ends(self.flop)
        if self.parameters is None or self.tokens is None:
            return (0.0, 0.0, 0.0)
        low, middle, high = (
            flop_per_parameter_and_token * one * other
            for one, other in zip(_ends(self.parameters), _ends(self.tokens), strict=True)
        )
        return low, middle, high


def _ends(number: Number) -> tuple[float, float, float]:
    return min(number.ends()), number.mid, max(number.ends())


def _part(value: Any) -> Any:
    """A number alone is a part in FLOP."""
    if isinstance(value, dict) and not NUMBER_KEYS & set(value):
        return value
    return value if value is None or isinstance(value, Part) else {"flop": parse_number(value)}


Given = Annotated[Part, BeforeValidator(_part)]


def _of(description: str) -> Any:
    return Field(default=None, description=description)


class Training(Section):
    """What training took; what is absent comes from the catalogue.

    The final run is `flop`, or `pretraining`, or what the catalogue says; the other parts come on top, and
    which of them count differs from regime to regime.
    """

    flop: Positive | None = Field(
        default=None, description="compute of the final run, FLOP; the parts below come on top"
    )
    usd: Positive | None = Field(default=None, description="cost of the final run, USD")
    accelerator: str | None = Field(
        default=None, description="accelerator it ran on; default: the catalogue's or [hardware]"
    )
    accelerator_hours: Positive | None = Field(default=None, description="accelerator-hours of the final run")
    days: Positive | None = Field(default=None, description="how long the final run took, days")
    usd_per_accelerator_hour: Positive | None = Field(default=None, description="price; default: as serving")
    account: Literal["rental", "amortised", "acquisition"] = Field(
        default="rental",
        description="what its cost counts: rent of its hours; wear and electricity; purchase of the cluster",
    )
    purchase_usd: Positive | None = Field(
        default=None,
        description="purchase of one with its share of a server, USD; default: the catalogue's",
    )
    years_owned: NonNegative = Field(
        default=Number(0.0), description="years from purchase to the start of training"
    )
    price_decay_oom_per_year: Positive | None = Field(
        default=None, description="orders of magnitude that its value falls a year; default: 0.14"
    )
    power_share: PositiveShare | None = Field(
        default=None, description="share of the servers' rated power drawn; default: 0.75"
    )
    pue: AtLeastOne | None = Field(default=None, description="PUE of the training site; default: the site's")
    electricity_usd_per_kwh: NonNegative | None = Field(
        default=None, description="price of electricity there, USD/kWh; default: the site's"
    )
    mfu: PositiveShare = Field(default=Number(0.4), description="model FLOP utilisation of training")
    goodput: PositiveShare = Field(default=Number(0.86), description="share of hours that made progress")
    lifetime_days: Positive = Field(default=Number(365.0), description="days in service")
    modifies_original: StrictBool = Field(
        default=False,
        description="the model is somebody else's, and the parts were spent on modifying it",
    )
    pretraining: Given | None = _of("the final run, continued pre-training included, in place of flop")
    fine_tuning: Given | None = _of("supervised and preference fine-tuning")
    rl_updates: Given | None = _of("reinforcement learning, updates of parameters")
    own_synthetic_data_generation: Given | None = _of(
        "synthetic data that is not public, discarded samples and roll-outs included"
    )
    public_synthetic_data_generation: Given | None = _of("synthetic data that is publicly accessible")
    merged_model_compute: Given | None = _of("models that were merged into it")
    distillation_teacher_training: Given | None = _of("training of the teacher that it was distilled from")
    reward_and_value_models: Given | None = _of("training of reward and value models")
    failed_or_research_runs: Given | None = _of("failed, discarded and research runs")
    evaluation_and_red_teaming: Given | None = _of("evaluation and red teaming")
    activation_recomputation: Given | None = _of("activations computed again in the backward pass")

    @model_validator(mode="after")
    def _one_run(self) -> Training:
        """Refuse a final run that is given twice or that is said to exist."""
        if self.pretraining is None:
            return self
        if self.flop is not None:
            message = "flop and pretraining are both given, and are the same: keep one of them"
            raise ValueError(message)
        if not self.pretraining.is_given:
            message = "pretraining needs a figure: flop, or parameters and tokens"
            raise ValueError(message)
        return self


PARTS: Final = {
    "pretraining": BOTH_WAYS,
    "fine_tuning": BOTH_WAYS,
    "rl_updates": BOTH_WAYS,
    "own_synthetic_data_generation": FORWARD,
    "public_synthetic_data_generation": FORWARD,
    "merged_model_compute": BOTH_WAYS,
    "distillation_teacher_training": BOTH_WAYS,
    "reward_and_value_models": BOTH_WAYS,
    "failed_or_research_runs": BOTH_WAYS,
    "evaluation_and_red_teaming": FORWARD,
    "activation_recomputation": FORWARD,
}
"""The parts of ``[training]``, with FLOP per active parameter and token."""


def of_rules_alone(key: str) -> bool:
    """Whether a dotted key is about parts that rules count and nothing else reads.

    >>> of_rules_alone("training.fine_tuning.flop"), of_rules_alone("training.pretraining.tokens")
    (True, False)
    """
    section, _, rest = key.partition(".")
    name = rest.partition(".")[0]
    return section == "training" and name in {*PARTS, "modifies_original"} - {"pretraining"}
