"""What scaled inference does to deployment: copies, wages, theft, business, and scales that rules name."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import total_days

_GROWN = "a day's serving, as it grows, over the days in service"
_ORD = "Ord, arXiv 2503.05705"
_HEIM = "Heim, Inference compute: GPT-o1 and AI governance, 2024: fleet FLOP/s x U / (2 N x tokens/s)"

# --- copies and wages -----------------------------------------------------------------------------


@quantity(
    unit="tokens/s",
    label="Tokens per second of an agent",
    formula="where(isnan(test_time_agent_tok_s), output_tok_s_per_user, test_time_agent_tok_s)",
    source="as given, else what one user gets at the operating point",
)
def agent_tok_s(test_time_agent_tok_s: Array, output_tok_s_per_user: Array) -> Array:
    """How fast one copy of the model works. Nothing given and 20 ms a token: 50."""
    return np.where(np.isnan(test_time_agent_tok_s), output_tok_s_per_user, test_time_agent_tok_s)


@quantity(
    unit="1",
    label="Copies at work on the fleet",
    better="higher",
    formula="fleet_accelerators * output_tok_s_per_accelerator / (agent_tok_s * test_time_multiplier)",
    source=_ORD + "; the fleet's token rate by the serving model over one copy's",
)
def copies_on_fleet(
    fleet_accelerators: Array,
    output_tok_s_per_accelerator: Array,
    agent_tok_s: Array,
    test_time_multiplier: Array,
) -> Array:
    """Copies that work at once, prompts included. 1,814 x 1,000 tokens/s at 10 each and k = 100: 1,814."""
    return fleet_accelerators * output_tok_s_per_accelerator / (agent_tok_s * test_time_multiplier)


@quantity(
    unit="1",
    label="Agents by FLOP",
    better="higher",
    formula=(
        "fleet_accelerators * hardware_linear_flop_per_s * mfu"
        " / (flop_per_output_token * agent_tok_s * test_time_multiplier)"
    ),
    source=_HEIM + "; U is the model FLOP utilisation of the operating point",
)
def agents_by_flop(
    fleet_accelerators: Array,
    hardware_linear_flop_per_s: Array,
    mfu: Array,
    flop_per_output_token: Array,
    agent_tok_s: Array,
    test_time_multiplier: Array,
) -> Array:
    """Copies that only decode, if the fleet's FLOP in use all went there.

    1,000 accelerators of 1e15 FLOP/s at 0.1, 7.4e10 FLOP a token, 10 tokens/s: 135,135.
    """
    used = fleet_accelerators * hardware_linear_flop_per_s * mfu
    return used / (flop_per_output_token * agent_tok_s * test_time_multiplier)


@quantity(
    unit="yr",
    label="Time until as many copies run again",
    better="lower",
    formula="where(test_time_fleet_growth_per_year > 1, log(scaled_cost_factor) / log(test_time_fleet_growth_per_year), nan)",
    null="unreachable: the fleet does not grow",
    source=_ORD + ": compute that grows makes up for inference that grew once",
)
def copies_recovery_years(scaled_cost_factor: Array, test_time_fleet_growth_per_year: Array) -> Array:
    """A fleet that grows 2.3 times a year makes up for 100 times the inference in ln 100 / ln 2.3 = 5.5."""
    years = np.log(scaled_cost_factor) / np.log(test_time_fleet_growth_per_year)
    return np.where(test_time_fleet_growth_per_year > 1.0, years, np.nan)


@quantity(
    unit="USD/h",
    label="Cost of an agent-hour",
    better="lower",
    formula="3600 * agent_tok_s * test_time_multiplier * usd_per_million_output_tokens / 1e6",
    source=_ORD + "; decoding only, prompts of the agent are not in it",
)
def usd_per_agent_hour(
    agent_tok_s: Array, test_time_multiplier: Array, usd_per_million_output_tokens: Array
) -> Array:
    """What one copy costs for an hour. 50 tokens/s at k = 100 and 2 USD a million: 36."""
    tokens = units.SECONDS_PER_HOUR * agent_tok_s * test_time_multiplier
    return tokens * usd_per_million_output_tokens / units.MILLION


@quantity(
    unit="1",
    label="Multiplier at which an agent costs the wage",
    better="higher",
    formula="test_time_wage_usd_per_hour * test_time_multiplier / usd_per_agent_hour",
    source=_ORD + ": k = wage / (cost of an hour at k = 1)",
)
def wage_multiplier(
    test_time_wage_usd_per_hour: Array, test_time_multiplier: Array, usd_per_agent_hour: Array
) -> Array:
    """Inference that may be spent before people are cheaper. 36 USD/h at k = 100 against 90: 250."""
    return test_time_wage_usd_per_hour * test_time_multiplier / usd_per_agent_hour


@quantity(
    unit="yr",
    label="Time until an agent costs less than the wage",
    better="lower",
    formula=(
        "where(usd_per_agent_hour <= test_time_wage_usd_per_hour, 0, where(test_time_price_decline_per_year > 1,"
        " log(usd_per_agent_hour / test_time_wage_usd_per_hour) / log(test_time_price_decline_per_year), nan))"
    ),
    null="unreachable: the price does not fall",
    source=_ORD + "; at a constant decline of price",
)
def wage_parity_years(
    usd_per_agent_hour: Array, test_time_wage_usd_per_hour: Array, test_time_price_decline_per_year: Array
) -> Array:
    """3,600 USD/h against 36 at a price that falls tenfold a year: 2."""
    over = usd_per_agent_hour / test_time_wage_usd_per_hour
    years = np.log(over) / np.log(test_time_price_decline_per_year)
    falling = np.where(test_time_price_decline_per_year > 1.0, years, np.nan)
    return np.where(usd_per_agent_hour <= test_time_wage_usd_per_hour, 0.0, falling)


# --- theft and business ---------------------------------------------------------------------------


@quantity(
    unit="USD",
    label="Value of stolen weights",
    formula="training_usd * routes_training_cost_decline_per_year ** -routes_years_since_training",
    source=_ORD + ": what training the same again would cost, which falls about fourfold a year",
)
def stolen_weights_usd(
    training_usd: Array, routes_training_cost_decline_per_year: Array, routes_years_since_training: Array
) -> Array:
    """Training cost that a thief is spared. 5.576e6 two years on: 5.576e6 / 16 = 348,500."""
    return training_usd * routes_training_cost_decline_per_year**-routes_years_since_training


@quantity(
    unit="1",
    label="Stolen weights in a thief's first year",
    formula="stolen_weights_usd / (stolen_weights_usd + 365.25 * served_usd_per_day)",
    source=_ORD + ": the thief still pays for inference, here for the scenario's demand",
)
def stolen_weights_share(stolen_weights_usd: Array, served_usd_per_day: Array) -> Array:
    """Value of the weights over weights and a year of serving.

    5.576e6 against 365.25 x 87,072 = 31.8e6: 0.149; with 100 times the inference 0.0018.
    """
    year = units.DAYS_PER_YEAR * served_usd_per_day
    return stolen_weights_usd / (stolen_weights_usd + year)


@quantity(
    unit="USD",
    label="Cost of serving over the lifetime",
    better="lower",
    formula="served_usd_per_day * total_days(training_lifetime_days, spent_growth_per_year)",
    source=_GROWN,
)
def lifetime_inference_usd(
    served_usd_per_day: Array, training_lifetime_days: Array, spent_growth_per_year: Array
) -> Array:
    """87,072 USD a day for 365 days without growth: 31.8e6. Unknown without a demand."""
    return served_usd_per_day * total_days(training_lifetime_days, spent_growth_per_year)


@quantity(
    unit="1",
    label="Inference share of lifetime cost",
    formula="lifetime_inference_usd / (lifetime_inference_usd + training_usd)",
    source=_ORD + ": MC/AC = v / (v + F/Q), the marginal over the average cost of a query",
)
def inference_share_of_lifetime_usd(lifetime_inference_usd: Array, training_usd: Array) -> Array:
    """Near 0 a business is like software, near 1 like labour. 31.8e6 / (31.8e6 + 5.576e6) = 0.851."""
    return lifetime_inference_usd / (lifetime_inference_usd + training_usd)


@quantity(
    unit="1",
    label="Cost of ten times the pre-training",
    better="lower",
    formula="10 ** (1 - 0.5 * inference_share_of_lifetime_usd)",
    source=_ORD + ": d ln C / d ln C_pre = s_train + s_inf / 2, since size grows as the root (Chinchilla)",
)
def cost_of_ten_times_training(inference_share_of_lifetime_usd: Array) -> Array:
    """Lifetime cost over now. Training alone: 10; serving alone: sqrt(10) = 3.16."""
    found: Array = 10.0 ** (1.0 - 0.5 * inference_share_of_lifetime_usd)
    return found


@quantity(
    unit="1",
    label="Cost of ten times the inference",
    better="lower",
    formula="10 ** inference_share_of_lifetime_usd",
    source=_ORD + ": d ln C / d ln I = s_inf",
)
def cost_of_ten_times_inference(inference_share_of_lifetime_usd: Array) -> Array:
    """Lifetime cost over now, by the elasticity at the present shares. Training alone: 1; serving alone: 10."""
    found: Array = 10.0**inference_share_of_lifetime_usd
    return found


# --- compute and scale that no training count sees ------------------------------------------------


@quantity(
    unit="FLOP",
    label="Compute served over the lifetime",
    formula="served_flop_per_day * total_days(training_lifetime_days, served_growth_per_year)",
    source=_ORD + ": the part of C = N D + d N I that no profile counts; " + _GROWN,
)
def served_flop(
    served_flop_per_day: Array, training_lifetime_days: Array, served_growth_per_year: Array
) -> Array:
    """FLOP of all queries in service, which no regime counts. 1e14 x 1e9 a day for 365 days: 3.65e25."""
    return served_flop_per_day * total_days(training_lifetime_days, served_growth_per_year)


@quantity(
    unit="FLOP",
    label="Lifetime compute",
    formula="training_flop + served_flop",
    source=_ORD + ": training and all of deployment",
)
def lifetime_flop(training_flop: Array, served_flop: Array) -> Array:
    """What the model takes in all. 2.1e25 + 3.65e25 = 5.75e25."""
    return training_flop + served_flop


@quantity(
    unit="1",
    label="Queries until serving passes training, 6ND and 2NI",
    formula="3 * model_training_tokens / (workload_input_tokens + generated_tokens)",
    source=_ORD + " with the usual constants: 6 N D = 2 N I d, so d = 3 D / I",
)
def crossover_queries(
    model_training_tokens: Array, workload_input_tokens: Array, generated_tokens: Array
) -> Array:
    """Queries whose tokens cost as much as the training. D = 1e13, I = 1,000: 3e10."""
    return 3.0 * model_training_tokens / (workload_input_tokens + generated_tokens)


@quantity(
    unit="1",
    label="Served over trained FLOP, by tokens",
    formula=(
        "(input_tokens_per_day + output_tokens_per_day) * training_lifetime_days / (3 * model_training_tokens)"
    ),
    source="2 I / (6 D) with I tokens served and D trained (Erdil, Epoch 2024)",
)
def served_over_trained(
    input_tokens_per_day: Array,
    output_tokens_per_day: Array,
    training_lifetime_days: Array,
    model_training_tokens: Array,
) -> Array:
    """Over the lifetime, by the usual constants. 36e12 served of 10e12 trained: 72 / 60 = 1.2."""
    served = (input_tokens_per_day + output_tokens_per_day) * training_lifetime_days
    return served / (3.0 * model_training_tokens)


@quantity(
    unit="1/month",
    label="Queries per month",
    formula="queries_per_day * 365.25 / 12",
    source="definition",
)
def queries_per_month(queries_per_day: Array) -> Array:
    """Demand of an average month. 138.8e6 a day: 4.22e9."""
    return queries_per_day * units.DAYS_PER_YEAR / units.MONTHS_PER_YEAR


@quantity(
    unit="1",
    label="Users per day",
    formula="queries_per_day / workload_queries_per_user_per_day",
    source="demand over what one user asks; no more than the monthly users of a rule",
)
def daily_users(queries_per_day: Array, workload_queries_per_user_per_day: Array) -> Array:
    """Users on an average day: at least as many are users of the month. 195e6 / 15 = 13e6."""
    return queries_per_day / workload_queries_per_user_per_day


@quantity(
    unit="1",
    label="Daily users over ten million",
    formula="daily_users / 1e7",
    source="H.R. 8094 would reach models of more than 10 million monthly users; the least that they can be",
)
def user_line_share(daily_users: Array) -> Array:
    """At 1 and more the bill's line is passed for sure; below, monthly users are not known. 13e6: 1.3."""
    return daily_users / 1e7


@quantity(
    unit="1",
    label="Users that the fleet can serve",
    better="higher",
    formula="86400 * max_requests_per_s / (scaled_cost_factor * workload_queries_per_user_per_day)",
    source="the fleet's most over what one user asks; all of it busy all day",
)
def users_at_capacity(
    max_requests_per_s: Array, scaled_cost_factor: Array, workload_queries_per_user_per_day: Array
) -> Array:
    """Daily users that the fleet answers at most. 2,000 requests a second, 15 a day each: 11.5e6."""
    most = units.SECONDS_PER_DAY * max_requests_per_s
    return most / (scaled_cost_factor * workload_queries_per_user_per_day)
