"""Ways around a line that counts training compute: what is counted, and what it does as much as.

The four of Pistillo and Villalobos (arXiv 2502.00003): fine-tuning, reuse of a trained model by
distilling it, expansion of a smaller one, inference beyond what is best for the training; and rounds
of amplifying and distilling (Ord, arXiv 2503.05705).
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity

_LOOPHOLES = "Pistillo and Villalobos, arXiv 2502.00003"
_ROUNDS = "Ord, arXiv 2503.05705: distil, amplify, repeat"

# --- fine-tuning ----------------------------------------------------------------------------------


@quantity(
    unit="FLOP",
    label="Compute of a modification",
    formula="where(isnan(routes_fine_tuning_flop), training_flop / 3, routes_fine_tuning_flop)",
    source="as given, else a third of the original: the most that leaves the EU's modifier no provider"
    " (C(2025) 5045, para 63)",
)
def fine_tuning_flop(routes_fine_tuning_flop: Array, training_flop: Array) -> Array:
    """What somebody else trains on top. A third of 3.25e24: 1.08e24."""
    return np.where(np.isnan(routes_fine_tuning_flop), training_flop / 3.0, routes_fine_tuning_flop)


@quantity(
    unit="1",
    label="Modification over original",
    formula="fine_tuning_flop / training_flop",
    source="C(2025) 5045, para 63: above one third the modifier counts as a provider",
)
def modification_ratio(fine_tuning_flop: Array, training_flop: Array) -> Array:
    """Compute of the modification over that of the original. 3.3e22 on 3.3e24: 0.01."""
    return fine_tuning_flop / training_flop


@quantity(
    unit="FLOP",
    label="Capability-equivalent of an enhanced model",
    formula="training_flop * routes_post_training_gain",
    source="compute-equivalent gain of enhancements after training (Davidson et al., arXiv 2312.07413)",
)
def enhanced_training_flop(training_flop: Array, routes_post_training_gain: Array) -> Array:
    """Training compute that would do as much as the model with the enhancement. 3.25e24 x 5 = 1.6e25."""
    return training_flop * routes_post_training_gain


# --- distillation ---------------------------------------------------------------------------------


@quantity(
    unit="FLOP",
    label="Compute of distilling",
    formula=(
        "routes_distillation_tokens * (2 * routes_teacher_active_parameters * routes_distillation_rejection"
        " + 6 * active_parameters * routes_distillation_epochs)"
    ),
    source="2 FLOP per active parameter and generated token of the teacher, 6 per trained token of the student",
)
def distillation_flop(
    routes_distillation_tokens: Array,
    routes_teacher_active_parameters: Array,
    routes_distillation_rejection: Array,
    active_parameters: Array,
    routes_distillation_epochs: Array,
) -> Array:
    """Generating with the teacher and training the student.

    4e9 tokens kept of 1.6e10 from 37e9 parameters, twice through 32e9: 1.18e21 + 1.54e21 = 2.72e21.
    """
    generated = 2.0 * routes_teacher_active_parameters * routes_distillation_rejection
    return routes_distillation_tokens * (generated + 6.0 * active_parameters * routes_distillation_epochs)


@quantity(
    unit="FLOP",
    label="Student counted without its teacher",
    formula="training_flop + distillation_flop",
    source="the EU's cumulative count leaves the teacher's training out (C(2025) 5045, para 118 on)",
)
def student_flop(training_flop: Array, distillation_flop: Array) -> Array:
    """The student's own training and the distilling. 3.54e24 + 2.7e21 = 3.54e24."""
    return training_flop + distillation_flop


@quantity(
    unit="FLOP",
    label="Student counted with its teacher",
    formula="student_flop + routes_teacher_flop",
    source=_LOOPHOLES + ": a regime that counts the teacher",
)
def student_and_teacher_flop(student_flop: Array, routes_teacher_flop: Array) -> Array:
    """As before, and the teacher's training. 3.54e24 + 3.5e24 = 7.0e24."""
    return student_flop + routes_teacher_flop


@quantity(
    unit="FLOP",
    label="Capability-equivalent of a student",
    formula=(
        "training_flop * maximum(routes_teacher_flop / training_flop, 1) ** routes_distillation_retention"
    ),
    source="the student keeps a share of its teacher's lead in orders of magnitude (a modelling choice; a 32B"
    " student keeps 0.91 of R1's AIME score)",
)
def distilled_effective_flop(
    training_flop: Array, routes_teacher_flop: Array, routes_distillation_retention: Array
) -> Array:
    """Training compute that would do as much as the student. 1e23 under 1e25, nine tenths kept: 6.3e24."""
    lead = np.maximum(routes_teacher_flop / training_flop, 1.0)
    return training_flop * lead**routes_distillation_retention


# --- expansion ------------------------------------------------------------------------------------


@quantity(
    unit="FLOP",
    label="Grown model as if trained from scratch",
    formula="where(isnan(routes_scratch_flop), maximum(test_time_line_flop, training_flop), routes_scratch_flop)",
    source="as given, else a model on the line",
)
def scratch_flop(routes_scratch_flop: Array, test_time_line_flop: Array, training_flop: Array) -> Array:
    """Compute from scratch of the model that this one is grown into. A line of 1e25: 1e25."""
    on_line = np.maximum(test_time_line_flop, training_flop)
    return np.where(np.isnan(routes_scratch_flop), on_line, routes_scratch_flop)


@quantity(
    unit="FLOP",
    label="Compute of growing",
    formula="scratch_flop * (1 - routes_expansion_saving)",
    source="share of training from scratch that starting from a smaller model saves (bert2BERT, ACL 2022)",
)
def growing_flop(scratch_flop: Array, routes_expansion_saving: Array) -> Array:
    """Training after the growth. 1e25 x (1 - 0.45) = 5.5e24."""
    return scratch_flop * (1.0 - routes_expansion_saving)


@quantity(
    unit="FLOP",
    label="Grown model counted with the small one",
    formula="training_flop + growing_flop",
    source=_LOOPHOLES + ": C_small + C_grow against C_scratch",
)
def grown_lineage_flop(training_flop: Array, growing_flop: Array) -> Array:
    """Small model and growth together, where a regime counts the lineage. 3.25e24 + 5.5e24 = 8.75e24."""
    return training_flop + growing_flop


# --- rounds of amplifying and distilling ----------------------------------------------------------


@quantity(
    unit="FLOP",
    label="Compute of a round",
    better="lower",
    formula=("routes_round_tokens * (2 * active_parameters * routes_amplification + 6 * active_parameters)"),
    source=_ROUNDS + ": 2 N k D generated, 6 N D trained",
)
def round_flop(routes_round_tokens: Array, active_parameters: Array, routes_amplification: Array) -> Array:
    """Amplified samples and training on them. 4e9 x (2 x 37e9 x 100 + 6 x 37e9) = 3.05e22."""
    return routes_round_tokens * (2.0 * active_parameters * routes_amplification + 6.0 * active_parameters)


@quantity(
    unit="1",
    label="Capability gained in a round",
    better="higher",
    formula=(
        "minimum(routes_amplification, test_time_plateau) ** (test_time_exponent * routes_distillation_retention)"
    ),
    source=_ROUNDS + ": (k^a)^eta, in capability-equivalent training compute",
)
def round_gain(
    routes_amplification: Array,
    test_time_plateau: Array,
    test_time_exponent: Array,
    routes_distillation_retention: Array,
) -> Array:
    """How many times the training compute one round is worth. 100^(0.7 x 0.9) = 18.2.

    Nothing is known of how many rounds keep such a gain: the same gain again and again is a what-if.
    """
    kept = test_time_exponent * routes_distillation_retention
    return np.minimum(routes_amplification, test_time_plateau) ** kept


@quantity(
    unit="1",
    label="Rounds until the count passes the line",
    formula="where(training_flop > test_time_line_flop, 0, floor((test_time_line_flop - training_flop) / round_flop) + 1)",
    source=_ROUNDS + "; own synthetic data and the training on it are counted, as the EU does",
)
def rounds_to_count(training_flop: Array, test_time_line_flop: Array, round_flop: Array) -> Array:
    """The round with which training and all rounds come to more than the line.

    (1e25 - 3.25e24) / 3.05e22 = 221.3, so the 222nd.
    """
    left = np.floor((test_time_line_flop - training_flop) / round_flop) + 1.0
    return np.where(training_flop > test_time_line_flop, 0.0, left)


@quantity(
    unit="1",
    label="Rounds until the model acts like one on the line",
    formula=(
        "where(multiplier_of_line <= 1, 0, where(round_gain > 1,"
        " ceil(log(multiplier_of_line) / log(round_gain) - 1e-9), nan))"
    ),
    null="unreachable: a round gains nothing",
    source=_ROUNDS,
)
def rounds_to_act(multiplier_of_line: Array, round_gain: Array) -> Array:
    """Rounds after which capability-equivalent compute has reached the line. ln 3.07 / ln 18.2 = 0.39: the first."""
    needed = np.ceil(np.log(multiplier_of_line) / np.log(round_gain) - 1e-9)
    return np.where(multiplier_of_line <= 1.0, 0.0, np.where(round_gain > 1.0, needed, np.nan))


@quantity(
    unit="1",
    label="Line over training compute",
    formula="test_time_line_flop / training_flop",
    source="definition",
)
def multiplier_of_line(test_time_line_flop: Array, training_flop: Array) -> Array:
    """How far the line is above the training. 1e25 / 3.25e24 = 3.07."""
    return test_time_line_flop / training_flop


@quantity(
    unit="FLOP",
    label="Counted when the model acts like one on the line",
    formula="training_flop + rounds_to_act * round_flop",
    source=_ROUNDS,
)
def counted_flop_at_act(training_flop: Array, rounds_to_act: Array, round_flop: Array) -> Array:
    """Training and rounds by then. 3.25e24 + 1 x 3.05e22 = 3.28e24, a third of the line."""
    return training_flop + rounds_to_act * round_flop


# --- small models before a large one --------------------------------------------------------------


def cascade_usd(small_usd: Array, large_usd: Array, escalated: Array) -> Array:
    """Mean cost where all queries go to the small model first and some on to the large one: ``w + p s``.

    >>> cascade_usd(np.array([0.1]), np.array([1.0]), np.array([0.3])).round(3)
    array([0.4])
    """
    return small_usd + escalated * large_usd


def mixed_pass_rate(small_rate: Array, large_rate: Array, small_share: Array) -> Array:
    """Share solved where a share of the queries, no easier than the others, is answered by the small model.

    A router that knows which queries are easy does better; one that does not, no worse.

    >>> mixed_pass_rate(np.array([0.726]), np.array([0.798]), np.array([0.5])).round(3)
    array([0.762])
    """
    return small_share * small_rate + (1.0 - small_share) * large_rate
