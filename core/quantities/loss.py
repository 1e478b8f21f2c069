"""Loss by size and tokens: what a training budget is best spent on, and what a smaller model saves in use.

Hoffmann et al. (arXiv 2203.15556): loss = E + A / parameters^alpha + B / tokens^beta. The published
rounded exponents give 109 tokens per parameter at 70B; the refit of Besiroglu et al. gives 18.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity


def fitted_loss(
    parameters: Array, tokens: Array, e: Array, a: Array, b: Array, alpha: Array, beta: Array
) -> Array:
    """Loss in nats per token. 70e9 parameters, 1.4e12 tokens, refit: 1.973."""
    return e + a / parameters**alpha + b / tokens**beta


def optimal_tokens(parameters: Array, a: Array, b: Array, alpha: Array, beta: Array) -> Array:
    """Tokens at which a size is the best for its compute: where dL/dlnN = dL/dlnD. 13e9, refit: 2.6e11."""
    return (beta * b / (alpha * a) * parameters**alpha) ** (1.0 / beta)


def optimal_parameters(training_flop: Array, a: Array, b: Array, alpha: Array, beta: Array) -> Array:
    """Best size for a budget of 6ND. 5.76e23 FLOP, refit: 72e9."""
    scale = (alpha * a / (beta * b)) ** (1.0 / (alpha + beta))
    return scale * (training_flop / 6.0) ** size_exponent(alpha, beta)


def size_exponent(alpha: Array, beta: Array) -> Array:
    """Power of the budget that the best size grows with. Refit: 0.366 / (0.348 + 0.366) = 0.513."""
    return beta / (alpha + beta)


def tokens_for_loss(
    parameters: Array, loss: Array, e: Array, a: Array, b: Array, alpha: Array, beta: Array
) -> Array:
    """Tokens that bring a size to a loss; not a number where it never gets there."""
    left = loss - e - a / parameters**alpha
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, (b / np.where(left > 0, left, np.nan)) ** (1.0 / beta), np.nan)


def served_saving_flop(
    parameters: Array, tokens: Array, smaller: Array, smaller_tokens: Array, served_tokens: Array
) -> Array:
    """FLOP saved over a life by a smaller model trained longer to the same loss: 6ND of each, 2N a served token.

    13e9 against 7e9 at equal loss, unrounded fit, 2e12 served: 1.63e22 (Sardana et al.: 1.7e22).
    """
    large = 6.0 * parameters * tokens + 2.0 * parameters * served_tokens
    small = 6.0 * smaller * smaller_tokens + 2.0 * smaller * served_tokens
    return large - small


@quantity(
    unit="tokens",
    label="Compute-optimal training tokens of this size",
    formula="((loss_beta * loss_b) / (loss_alpha * loss_a) * active_parameters ** loss_alpha) ** (1 / loss_beta)",
    source="Hoffmann et al., arXiv 2203.15556, as refitted by Besiroglu et al.; dense models, 2022 data",
)
def optimal_training_tokens(
    active_parameters: Array, loss_a: Array, loss_b: Array, loss_alpha: Array, loss_beta: Array
) -> Array:
    """Tokens at which more size would have done as much. 70e9 parameters: 1.29e12, 18 a parameter."""
    return optimal_tokens(active_parameters, loss_a, loss_b, loss_alpha, loss_beta)


@quantity(
    unit="1",
    label="Training tokens over compute-optimal",
    formula="model_training_tokens / optimal_training_tokens",
    source="above one, training is spent to save inference: a smaller model, trained longer",
)
def overtraining(model_training_tokens: Array, optimal_training_tokens: Array) -> Array:
    """Llama 3.1 8B: 15e12 over 1.54e11, 97."""
    return model_training_tokens / optimal_training_tokens
