"""A row of a table of measurements, and the table."""

import pytest

from inferscope.core.evidence.measurements import Measurement

HEADER = (
    "id,metric,value,model,precision,accelerator,n_accelerators,parallelism,input_tokens,output_tokens,"
    "batch_or_concurrency"
)
ROW = "a,tpot_s,0.02,llama-3.1-70b,fp8,h100-sxm,8,TP8,1000,500,64"


@pytest.fixture
def header():
    return HEADER


@pytest.fixture
def row():
    return ROW


@pytest.fixture
def measurement():
    """Make a measurement that differs in some columns."""

    def made(**changes):
        plain = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
        return Measurement(line=2, **{**plain, **changes})

    return made
