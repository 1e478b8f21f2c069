"""The catalogue: accelerators, models, regions, prices, formats and techniques, with sources."""

from __future__ import annotations

from inferscope.core.catalog.architecture import (
    SLOTS,
    FoldedModel,
    fold,
    kv_bytes_per_token,
    scale_like,
)
from inferscope.core.catalog.exchange import (
    TEACHER,
    ExchangeLaw,
    Student,
    exchange_law,
    exchange_laws,
    route_default,
    students,
)
from inferscope.core.catalog.loader import accelerator, model, region
from inferscope.core.catalog.names import (
    CATALOG_KINDS,
    UnknownIdError,
    entries,
    ids,
    resolve,
    search,
)
from inferscope.core.catalog.prices import Price, price, prices, providers
from inferscope.core.catalog.quality import (
    Comparison,
    Recovery,
    comparison,
    comparisons,
    distilled_scores,
    kv_recovery,
    recoveries,
)
from inferscope.core.catalog.reading import architecture_fault
from inferscope.core.catalog.records import KINDS, UNKNOWN, Record, Tier, Value
from inferscope.core.catalog.rents import Rent, rent, rents
from inferscope.core.catalog.schema import (
    ACCELERATOR_VALUES,
    ARCHITECTURE_KEYS,
    MODEL_VALUES,
    REGION_VALUES,
)
from inferscope.core.catalog.sources import source_text
from inferscope.core.catalog.techniques import (
    Format,
    SpeculativeMethod,
    format_,
    formats,
    loss_law,
    loss_laws,
    speculative_method,
    speculative_methods,
    technique_default,
    technique_defaults,
)
from inferscope.core.catalog.user import folders, use
from inferscope.core.catalog.world import (
    world_default,
    world_figures,
)

__all__ = [
    "ACCELERATOR_VALUES",
    "ARCHITECTURE_KEYS",
    "CATALOG_KINDS",
    "KINDS",
    "MODEL_VALUES",
    "REGION_VALUES",
    "SLOTS",
    "TEACHER",
    "UNKNOWN",
    "Comparison",
    "ExchangeLaw",
    "FoldedModel",
    "Format",
    "Price",
    "Record",
    "Recovery",
    "Rent",
    "SpeculativeMethod",
    "Student",
    "Tier",
    "UnknownIdError",
    "Value",
    "accelerator",
    "architecture_fault",
    "comparison",
    "comparisons",
    "distilled_scores",
    "entries",
    "exchange_law",
    "exchange_laws",
    "fold",
    "folders",
    "format_",
    "formats",
    "ids",
    "kv_bytes_per_token",
    "kv_recovery",
    "loss_law",
    "loss_laws",
    "model",
    "price",
    "prices",
    "providers",
    "recoveries",
    "region",
    "rent",
    "rents",
    "resolve",
    "route_default",
    "scale_like",
    "search",
    "source_text",
    "speculative_method",
    "speculative_methods",
    "students",
    "technique_default",
    "technique_defaults",
    "use",
    "world_default",
    "world_figures",
]
