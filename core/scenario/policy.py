"""The `[policy]` section: what rules read and neither the graph nor the catalogue knows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool

from inferscope.core.errors import brief
from inferscope.core.scenario.bounds import AtLeastOne, Day, NonNegative, Share
from inferscope.core.scenario.section import Section

_LETTERS = (
    "A:DEFGILMOQRSTUWXZ B:ABDEFGHIJLMNOQRSTVWYZ C:ACDFGHIKLMNORUVWXYZ D:EJKMOZ E:CEGHRST "
    "F:IJKMOR G:ABDEFGHILMNPQRSTUWY H:KMNRTU I:DELMNOQRST J:EMOP K:EGHIMNPRWYZ L:ABCIKRSTUVY "
    "M:ACDEFGHKLMNOPQRSTUVWXYZ N:ACEFGILOPRUZ O:M P:AEFGHKLMNRSTWY Q:A R:EOSUW "
    "S:ABCDEGHIJKLMNORSTVXYZ T:CDFGHJKLMNORTVWZ U:AGMSYZ V:ACEGINU W:FS Y:ET Z:AMW "
)
"""ISO 3166-1: the letters that may follow each first one in the code of a country or territory."""
COUNTRIES = frozenset(group[0] + second for group in _LETTERS.split() for second in group[2:])


def _country(value: Any) -> Any:
    """An ISO code of two letters, in capitals."""
    if isinstance(value, str) and value.isascii() and value.upper() in COUNTRIES:
        return value.upper()
    message = f"must be an ISO country code of two letters such as CN, not {brief(value)}"
    raise ValueError(message)


Country = Annotated[str, BeforeValidator(_country)]
Group = Literal["D1", "D4", "D5", "A5", "A6", "MO", "other"]
Operator = Literal["PJM", "MISO", "SPP", "CAISO", "ISO-NE", "NYISO", "ERCOT", "other"]


def _files(value: Any) -> Any:
    """The name of a file, or a list of such."""
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list | tuple) and all(isinstance(name, str) and name for name in names):
        return value
    message = f"must be a file of rules or a list of them, not {brief(value)}"
    raise ValueError(message)


def _about(description: str) -> Any:
    return Field(default=None, description=description)


class Policy(Section):
    """What policy rules read and nothing else in the scenario says; what is absent stays unknown."""

    rules: Annotated[str | tuple[str, ...], BeforeValidator(_files)] = Field(
        default=(), description="files of own rules, one or a list"
    )
    actor: str | None = _about("who runs it, for the reader")
    planned_training_flop: NonNegative | None = _about(
        "training compute foreseen for the run, FLOP; default: the training compute"
    )
    training_cost_usd: NonNegative | None = _about(
        "compute cost of training at cloud prices when it began, USD; default: training_usd"
    )
    modification_flop: NonNegative | None = _about("compute spent on modifying somebody else's model, FLOP")
    modification_flop_ratio: NonNegative | None = _about("the same over the original's training compute")
    modification_cost_usd: NonNegative | None = _about("compute cost of a fine-tune or distillation, USD")
    frontier_ratio: NonNegative | None = _about("training compute over the largest run known to date")
    weights_published: StrictBool | None = _about("weights freely available; default: the catalogue's")
    generates_language_or_t2i_or_t2v: StrictBool | None = _about(
        "generates language, or images or video from text; default: yes"
    )
    original_flop_known: StrictBool | None = _about(
        "the modifier knows or can estimate the original's compute"
    )
    original_is_systemic: StrictBool | None = _about("the original has systemic risk under the AI Act")
    bio_sequence_data: StrictBool | None = _about("trained mainly on biological sequence data")
    is_finetune_of_covered: StrictBool | None = _about("made by fine-tuning a covered model")
    is_distilled_from_frontier: StrictBool | None = _about("made by distilling a frontier model")
    inference_scaling_post_training: StrictBool | None = _about(
        "post-trained to profit from much inference (a reasoning model)"
    )
    eu_designated_systemic_risk: StrictBool | None = _about(
        "designated by the Commission; overrides the compute line"
    )
    us_designated_frontier: StrictBool | None = _about("designated under EO 14409")
    us_isinformed_model: StrictBool | None = _about("named in a US letter on access to models")
    us_iaas_large_model: StrictBool | None = _about("meets the unpublished US conditions of a large model")
    monthly_users: NonNegative | None = _about("monthly users, those of second parties included")
    monthly_downloads: NonNegative | None = _about("monthly downloads of the weights")
    developer_revenue_usd: NonNegative | None = _about(
        "gross revenue with affiliates in the preceding calendar year, USD"
    )
    aggregate_training_spend_usd: NonNegative | None = _about("compute spent on frontier models, USD")
    trained_frontier_model: StrictBool | None = _about(
        "the developer trained a frontier model as the rule defines it"
    )
    interconnect_bandwidth_gb_s: NonNegative | None = _about(
        "as bills word it, GB/s; default: from chip-to-chip links alone to all I/O"
    )
    datacenter_marketed: StrictBool | None = _about(
        "designed or marketed for data centres; default: the catalogue's"
    )
    non_planar_16nm_or_below: StrictBool | None = _about(
        "logic at 16 nm or below or non-planar; default: by the catalogue's process"
    )
    chip_origin: Country | None = _about("country of the chip's designer; default: the catalogue's")
    transistor_count_bn: NonNegative | None = _about("transistors of the packaged chip, 1e9")
    memory_bandwidth_density: NonNegative | None = _about("bandwidth of an HBM stack over its area, GB/s/mm2")
    destination: Country | None = _about("country the hardware goes to (MO Macau, HK Hong Kong)")
    destination_group: Group | None = _about("US export group of the destination; default: by its country")
    hq_country: Country | None = _about("country of the buyer's headquarters or ultimate parent")
    hq_group: Group | None = _about("US export group of that country; default: by the country")
    us_import_non_exempt: StrictBool | None = _about("enters the United States outside the exempt uses")
    exported_from_us: StrictBool | None = _about("leaves the United States, not a re-export")
    shipment_tpp: NonNegative | None = _about("TPP of all chips shipped in the rule's window, TOPS x bit")
    china_to_us_shipment_ratio: NonNegative | None = _about(
        "shipments of the product to China and Macau over those to the United States"
    )
    it_power_kw: NonNegative | None = _about("power of the site's installed IT, kW; default: the fleet's")
    site_rated_input_mw: NonNegative | None = _about(
        "rated input of the site, MW; default: the fleet's x PUE"
    )
    site_nominal_load_kw: NonNegative | None = _about("non-redundant connected load of the site, kW")
    site_mic_mva: NonNegative | None = _about("maximum import capacity of the grid connection, MVA")
    grid_voltage_kv: NonNegative | None = _about("voltage of the line that it connects to, kV")
    grid_operator: Operator | None = _about("regional grid operator")
    new_grid_connection: StrictBool | None = _about("a new or expanded connection under the rule")
    new_capacity_allocation: StrictBool | None = _about("capacity awarded under the call")
    new_renewable_share: Share | None = _about("demand met by additional renewables in the country")
    energy_reuse_factor: Share | None = _about("share of energy that is reused")
    pue_design_full_load: AtLeastOne | None = _about("design PUE at full IT load")
    site_commissioned: Day | None = _about("day the site began operation")
    state_funded: StrictBool | None = _about("the site had any state funding")
    cluster_flop_per_s: NonNegative | None = _about("peak dense operations per second on one network")
    cluster_network_gbit_s: NonNegative | None = _about("network that joins the machines, Gbit/s")
