"""The scenario: every key, its unit, its bounds and its default.

Only numbers that people set stand here; the catalogue holds the rest, and any catalogue figure of
the chosen model or accelerator may be overridden under ``[model]`` and ``[hardware]``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    Strict,
    StrictBool,
    model_validator,
)

from inferscope.core import DATA_DATE
from inferscope.core.scenario.bounds import (
    AtLeastOne,
    Batch,
    Count,
    Day,
    Limits,
    NonNegative,
    OutputTokens,
    Positive,
    PositiveShare,
    Share,
    Tokens,
    one_line,
    plain_integer,
)
from inferscope.core.scenario.lifecycle import Lifecycle
from inferscope.core.scenario.names import config_name
from inferscope.core.scenario.policy import Policy
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.scaling import Routes, TestTime
from inferscope.core.scenario.section import Section
from inferscope.core.scenario.training import Training

AUTO: Literal["auto"] = "auto"
LONGEST_NAME = 200
"""Letters of a title."""


def _num(value: float) -> Number:
    return Number(float(value))


def _one(section: type[Section]) -> Callable[[], Any]:
    """A section of defaults: the same object in every scenario, since it is frozen."""
    return cache(section.model_construct)


class Overridable(Section):
    """A section in which catalogue fields of the chosen record may be overridden."""

    model_config = ConfigDict(frozen=True, extra="allow", arbitrary_types_allowed=True, defer_build=True)

    @property
    def overrides(self) -> dict[str, Any]:
        """Catalogue fields given in the scenario, by name."""
        return dict(self.model_extra or {})


class Model(Overridable):
    """Which model; any catalogue field may be overridden."""

    id: str = Field(default="llama-3.1-8b", description="id or alias in the catalogue")
    config: str | None = Field(
        default=None, description="a Hugging Face config.json in place of id; relative to the scenario's file"
    )
    architecture_like: str | None = Field(
        default=None, description="stand-in architecture for a closed model, scaled to its stated sizes"
    )

    @model_validator(mode="after")
    def _one_model(self) -> Model:
        """Refuse two models at once."""
        if self.config is not None and "id" in self.model_fields_set:
            message = "id and config are both given, and a scenario has one model: keep one of them"
            raise ValueError(message)
        return self

    @property
    def label(self) -> str:
        """What to call it without reading anything: its identifier, or the name of its file."""
        return self.id if self.config is None else config_name(Path(self.config))


class PrefillPool(Overridable):
    """Accelerators that only prefill; what is absent is taken from [hardware]."""

    accelerator: str | None = Field(
        default=None, description="id or alias in the catalogue; default: as [hardware]"
    )
    count: Count = Field(default=_num(1), description="accelerators in one prefill pool")
    tensor_parallel: Count | None = Field(default=None, description="tensor-parallel degree")
    data_parallel: Count | None = Field(default=None, description="attention data-parallel ranks")
    pipeline_parallel: Count | None = Field(default=None, description="pipeline stages")
    usd_per_accelerator_hour: Positive | None = Field(default=None, description="rental price, USD/h")


class Hardware(Overridable):
    """Which accelerators, how many, and how the model is laid out over them."""

    accelerator: str = Field(default="h100-sxm", description="id or alias in the catalogue")
    count: Count | Literal["auto"] = Field(
        default=AUTO, description="accelerators per replica = tensor x pipeline x data"
    )
    tensor_parallel: Count | Literal["auto"] = Field(
        default=AUTO, description="tensor-parallel degree of attention"
    )
    pipeline_parallel: Count | Literal["auto"] = Field(default=AUTO, description="pipeline stages")
    data_parallel: Count | Literal["auto"] = Field(
        default=AUTO, description="attention ranks inside one replica"
    )
    expert_parallel: Count | Literal["auto"] = Field(default=AUTO, description="ranks over which experts lie")
    replicas: Count | Literal["auto"] = Field(default=AUTO, description="copies of the replica")
    fleet_accelerators: Positive | None = Field(
        default=None, description="accelerators paid for, where known; replaces the planned fleet in the cost"
    )
    prefill: PrefillPool | None = Field(default=None, description="a pool of its own for prefill")


class Speculative(Section):
    """Speculative decoding."""

    method: str = Field(default="eagle3", description="ngram, draft_model, medusa, eagle3 or mtp")
    acceptance: Share | None = Field(
        default=None, description="acceptance of a draft token; default: the method's"
    )
    draft_tokens: Annotated[Number, Limits(ge=0, le=16, whole=True)] | None = Field(
        default=None, description="draft tokens per step; default: the method's"
    )
    draft_cost_ratio: Share | None = Field(default=None, description="cost of a draft token over a step")


class Optimizations(Section):
    """What is switched on."""

    engine: Literal["vllm", "sglang", "tensorrt-llm"] = Field(
        default="vllm",
        description="serving engine, for its host times: vllm (and others), sglang or tensorrt-llm",
    )
    weight_format: str = Field(
        default="native", description="native or a format: bf16 fp8 int8 int4 nvfp4 mxfp4 q4_k_m"
    )
    expert_weight_format: str | None = Field(
        default=None, description="format of routed experts, with its own activations; default: weight_format"
    )
    activation_format: str = Field(default="native", description="native or a format; decides the rate")
    kv_format: str = Field(default="bf16", description="format of the cache")
    prefix_cache_hit_rate: Share = Field(
        default=_num(0), description="share of prompt tokens found in the cache"
    )
    speculative: Speculative | None = Field(default=None, description="speculative decoding, off when absent")
    continuous_batching: StrictBool = Field(
        default=True, description="sequences join and leave at every step"
    )
    chunked_prefill: StrictBool = Field(
        default=True, description="prompts are cut and mixed into decode steps"
    )
    prefill_chunk_tokens: Positive = Field(
        default=_num(8192), description="prompt tokens in one prefill step"
    )
    weight_offload_fraction: Share | Literal["auto"] = Field(
        default=_num(0), description="share of the weights in host memory, or auto: what does not fit"
    )
    kv_offload_fraction: Annotated[Number, Limits(ge=0, le=0.999)] = Field(
        default=_num(0), description="share of the cache in host memory"
    )
    two_batch_overlap: StrictBool = Field(default=False, description="two micro-batches hide communication")
    confidential_computing: StrictBool = Field(
        default=False, description="memory and links are encrypted in hardware"
    )
    confidential_overhead: NonNegative | None = Field(
        default=None,
        description="share of time that takes more; default: as measured on Hopper and Blackwell",
    )
    power_cap_w: Positive | None = Field(
        default=None, description="cap on the power of one accelerator, W; default: its own limit"
    )
    expert_imbalance: AtLeastOne = Field(default=_num(1), description="busiest expert rank over the mean")

    @model_validator(mode="after")
    def _overhead_of_something(self) -> Optimizations:
        if self.confidential_overhead is not None and not self.confidential_computing:
            message = "confidential_overhead needs confidential_computing = true"
            raise ValueError(message)
        return self


class Workload(Section):
    """What one query is, and how many come."""

    input_tokens: Tokens = Field(default=_num(1024), description="prompt tokens per query")
    output_tokens: OutputTokens = Field(default=_num(512), description="visible output tokens per query")
    reasoning_tokens: Tokens = Field(
        default=_num(0), description="reasoning tokens per query, on top of the output"
    )
    batch: Batch | Literal["auto"] = Field(default=AUTO, description="concurrent sequences in one replica")
    concurrency: Batch | None = Field(
        default=None, description="requests that clients keep open at one replica; what does not fit waits"
    )
    start: Literal["steady", "burst"] = Field(
        default="steady",
        description="burst: short runs, all requests at once first, as benchmarks",
    )
    requests_per_s: Positive | None = Field(default=None, description="mean demand, 1/s")
    queries_per_day: Positive | None = Field(default=None, description="mean demand, 1/d")
    users: Positive | None = Field(default=None, description="daily users")
    queries_per_user_per_day: Positive | None = Field(default=None, description="queries of one user a day")
    peak_to_mean: AtLeastOne = Field(default=_num(1), description="peak demand over the mean")
    arrival_cv: NonNegative = Field(
        default=_num(1), description="variation of inter-arrival times; 1 is Poisson"
    )
    service_cv: NonNegative = Field(default=_num(1), description="variation of service times")

    @model_validator(mode="after")
    def _one_loop(self) -> Workload:
        if self.concurrency is not None and self.batch != AUTO:
            message = "batch and concurrency are both given: with a concurrency the batch follows"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_demand(self) -> Workload:
        users = (self.users, self.queries_per_user_per_day)
        if (users[0] is None) != (users[1] is None):
            message = "users and queries_per_user_per_day belong together: give both or neither"
            raise ValueError(message)
        given = sum(v is not None for v in (self.requests_per_s, self.queries_per_day, users[0]))
        if given > 1:
            message = "demand is given twice: keep one of requests_per_s, queries_per_day, users"
            raise ValueError(message)
        return self

    def demand_per_s(self) -> float | None:
        """Mean requests per second, or None where no demand is given."""
        if self.requests_per_s is not None:
            return self.requests_per_s.mid
        if self.queries_per_day is not None:
            return self.queries_per_day.mid / 86_400
        if self.users is not None and self.queries_per_user_per_day is not None:
            return self.users.mid * self.queries_per_user_per_day.mid / 86_400
        return None


class Slo(Section):
    """Limits that the plan must keep."""

    ttft_s: Positive | None = Field(default=None, description="longest mean time to first token, s")
    tpot_s: Positive | None = Field(default=None, description="longest mean time per output token, s")
    percentile: Annotated[Number, Limits(gt=0, le=0.99999)] = Field(
        default=_num(0.9), description="share of requests that must meet the limits under load"
    )
    max_load_utilization: PositiveShare = Field(
        default=_num(0.85), description="load at which a fleet is planned"
    )


class Economics(Section):
    """What an accelerator-hour costs."""

    basis: Literal["rental", "owned", "api"] = Field(
        default="rental",
        description="rental: rent by the hour; owned: capital and running cost; api: list price",
    )
    rental_term: Literal["on_demand", "reserved", "spot", "market"] | None = Field(
        default=None,
        description="which catalogue price; market: the last of a dated series by as_of; default: on demand,"
        " else reserved",
    )
    usd_per_accelerator_hour: Positive | None = Field(
        default=None, description="price, USD/h; default: the catalogue's"
    )
    utilization: PositiveShare = Field(
        default=_num(0.6), description="busy share of paid hours where no demand is given"
    )
    capex_usd_per_accelerator: Positive | None = Field(
        default=None, description="owned: purchase with server and network, USD; default: from the catalogue"
    )
    lifetime_years: Positive | None = Field(default=None, description="owned: years until it is replaced")
    residual_share: Annotated[Number, Limits(ge=0, le=0.99)] | None = Field(
        default=None, description="owned: share of the price that is left at the end"
    )
    wacc: Annotated[Number, Limits(ge=0, le=1)] | None = Field(
        default=None, description="owned: cost of capital a year"
    )
    network_share: Annotated[Number, Limits(ge=0, le=0.99)] | None = Field(
        default=None, description="owned: share of the network in the cost of a cluster"
    )
    opex_share: Annotated[Number, Limits(ge=0, le=0.99)] | None = Field(
        default=None, description="owned: staff, spares and software, share of all yearly cost"
    )
    colocation_usd_per_kw_month: NonNegative | None = Field(
        default=None, description="owned: space, cooling and connection, USD per kW of servers and month"
    )
    api_provider: str | None = Field(
        default=None, description="api: whose list price; default: the model's developer"
    )
    api_usd_per_million_input_tokens: NonNegative | None = Field(
        default=None, description="api: price of fresh input, USD; default: the list's on the date"
    )
    api_usd_per_million_cached_input_tokens: NonNegative | None = Field(
        default=None, description="api: price of cached input, USD; default: the list's, else as fresh input"
    )
    api_usd_per_million_output_tokens: NonNegative | None = Field(
        default=None, description="api: price of output, reasoning included, USD; default: the list's"
    )
    api_discount: Annotated[Number, Limits(ge=0, le=0.99)] = Field(
        default=_num(0), description="api: share off the list, such as 0.5 for batches"
    )


class Site(Section):
    """Where it runs and what the energy figure includes."""

    region: str = Field(default="USA", description="country: ISO code or name")
    users_region: str | None = Field(
        default=None, description="country of the users, for the way to the servers; default: not counted"
    )
    round_trip_s: NonNegative | None = Field(
        default=None, description="round trip between users and servers, s; default: by distance"
    )
    pue: AtLeastOne | None = Field(
        default=None, description="power usage effectiveness; default: the region's"
    )
    electricity_usd_per_kwh: NonNegative | None = Field(
        default=None, description="price of electricity, USD/kWh, for the owned basis; default: the region's"
    )
    carbon: Literal["location", "market"] = Field(
        default="location", description="carbon by the grid of the place, or by contracts for electricity"
    )
    market_gco2e_per_kwh: NonNegative | None = Field(
        default=None, description="carbon of the contracts, g/kWh, where carbon is market"
    )
    grid_gco2e_per_kwh: NonNegative | None = Field(
        default=None, description="grid carbon, g/kWh; default: the region's"
    )
    grid_water_l_per_kwh: NonNegative | None = Field(default=None, description="water of generation, L/kWh")
    battery_wh: Positive | None = Field(
        default=None, description="capacity of the battery that it runs on, Wh; default: none"
    )
    embodied_kg_per_accelerator: NonNegative | None = Field(
        default=None, description="carbon of making an accelerator with its server, kg; default: EcoLogits'"
    )
    embodied_years: Positive | None = Field(
        default=None, description="years over which that is spread; default: 3"
    )
    wue_l_per_kwh: NonNegative = Field(default=_num(0.3), description="water used on site, L/kWh")
    sites: Count = Field(default=_num(1), description="sites that share the fleet in equal parts")
    power_factor: PositiveShare = Field(
        default=_num(0.95), description="real over apparent power of a site, for lines in MVA"
    )
    boundary: Literal["accelerator", "server", "facility", "facility_with_reserve"] = Field(
        default="facility", description="what the energy figure includes"
    )


class FlopMethod(Section):
    """What estimates from FLOP assume; a cross-check, which the model itself does not read."""

    utilization: PositiveShare | None = Field(
        default=None, description="share of the bf16 peak that is reached; default: Epoch AI's"
    )
    power_share: PositiveShare | None = Field(
        default=None, description="share of a server's rated power that is drawn; default: Epoch AI's"
    )


class Published(Section):
    """The published figure that a preset is about."""

    claim: str
    quantity: str
    value: Annotated[FiniteFloat, Strict()]
    unit: str
    source: str
    date: dt.date | str


class Provenance(Section):
    """Written at saving: with what the file was made."""

    inferscope: str
    data: str
    parent_hash: str | None = None


class Scenario(Section):
    """A whole scenario, checked; made from a mapping of its tables."""

    schema_version: Annotated[Literal[1], BeforeValidator(plain_integer)] = Field(
        default=1, description="version of this schema"
    )
    name: Annotated[str, BeforeValidator(one_line)] = Field(
        default="", max_length=LONGEST_NAME, description="title"
    )
    question: Annotated[str, BeforeValidator(one_line)] = Field(
        default="", max_length=80, description="what it answers, as somebody would ask it"
    )
    description: str = Field(default="", max_length=4000, description="what it shows, with sources")
    as_of: Day = Field(default=dt.date.fromisoformat(DATA_DATE), description="date for prices and rules")
    published: tuple[Published, ...] = Field(default=(), description="published figures it is about")
    model: Model = Field(default_factory=_one(Model))
    hardware: Hardware = Field(default_factory=_one(Hardware))
    optimizations: Optimizations = Field(default_factory=_one(Optimizations))
    workload: Workload = Field(default_factory=_one(Workload))
    slo: Slo = Field(default_factory=_one(Slo))
    economics: Economics = Field(default_factory=_one(Economics))
    site: Site = Field(default_factory=_one(Site))
    flop_method: FlopMethod = Field(default_factory=_one(FlopMethod))
    training: Training = Field(default_factory=_one(Training))
    lifecycle: Lifecycle = Field(default_factory=_one(Lifecycle))
    test_time: TestTime = Field(default_factory=_one(TestTime))
    routes: Routes = Field(default_factory=_one(Routes))
    policy: Policy = Field(default_factory=_one(Policy))
    calibration: dict[str, NonNegative] = Field(default={}, description="physical constants set by the user")
    pins: dict[str, NonNegative] = Field(default={}, description="quantities set by the user")
    provenance: Provenance | None = None

    def to_dict(self) -> dict[str, Any]:
        """The scenario as plain tables, without what equals a default.

        A table that means something by being there is written whole, so that it is never empty.
        """
        values: dict[str, Any] = prune(self.model_dump(mode="python", exclude_defaults=True))
        optional = (
            ("hardware", "prefill", self.hardware.prefill),
            ("optimizations", "speculative", self.optimizations.speculative),
        )
        for section, name, table in optional:
            if table is not None:
                values.setdefault(section, {})[name] = table.model_dump(mode="python", exclude_none=True)
        return values


def prune(value: Any) -> Any:
    """Drop empty tables and absent values from nested mappings."""
    if isinstance(value, Mapping):
        kept = {key: prune(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item not in ({}, ())}
    return value


def json_schema() -> dict[str, Any]:
    """The JSON schema of a scenario file, with the two keys that only files have."""
    schema = Scenario.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "inferscope scenario"
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "preset or file that this one builds on",
    }
    schema["properties"]["unset"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "dotted keys of the parent to drop back to their defaults",
    }
    return schema
