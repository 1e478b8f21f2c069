"""Traces: every form that is recognised, and one clear line for what is not."""

import json
from pathlib import Path

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.load.synthetic import synthetic
from inferscope.core.load.trace import read_trace

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,374,44
2023-11-16 18:15:50.9951690,396,109
2023-11-16 18:15:51.2224670,879,55
"""
AZURE_2024 = """TIMESTAMP,ContextTokens,GeneratedTokens
2024-05-10 00:00:00.009930+00:00,2162,5
2024-05-10 00:00:00.017335+00:00,2399,6
"""
BURSTGPT = """Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
118,GPT-4,417,0,417,API log
"""
MOONCAKE = "\n".join(
    json.dumps({"timestamp": stamp, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]})
    for stamp in (27482, 30535)
)
PLAIN = "output_tokens,arrival_s,input_tokens\n5,0.5,100\n7,0.25,10\n"


@pytest.fixture
def read(tmp_path):
    def call(text, **options):
        path = tmp_path / "trace.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_trace(path, **options)

    return call


@pytest.mark.parametrize(
    ("text", "form", "arrivals", "inputs", "outputs"),
    [
        (AZURE, "Azure LLM inference trace", [0, 4.314579, 4.541877], [374, 396, 879], [44, 109, 55]),
        (AZURE_2024, "Azure LLM inference trace", [0, 0.007405], [2162, 2399], [5, 6]),
        (BURSTGPT, "BurstGPT trace", [0, 40], [472, 1087], [18, 230]),
        (MOONCAKE, "Mooncake trace", [0, 3.053], [6955, 6955], [52, 52]),
        (PLAIN, "arrival_s in seconds", [0, 0.25], [10, 100], [7, 5]),
    ],
)
def test_a_form_is_recognised_by_its_header(read, text, form, arrivals, inputs, outputs):
    found = read(text)
    assert found.form == form
    np.testing.assert_allclose(found.arrival_s, arrivals, atol=2e-6)
    assert found.input_tokens.tolist() == inputs
    assert found.output_tokens.tolist() == outputs


def test_requests_without_an_output_are_counted_and_left_out(read):
    assert read(BURSTGPT).empty == 1
    assert read(AZURE).empty == 0


def test_what_is_out_of_order_is_sorted_and_said(read):
    found = read(PLAIN)
    assert not found.is_sorted
    assert found.line.tolist() == [3, 2]
    assert read(AZURE).is_sorted


def test_blank_lines_a_byte_order_mark_and_windows_lines_do_not_matter(read):
    assert len(read(b"\xef\xbb\xbf" + AZURE.replace("\n", "\r\n").encode() + b"\r\n\r\n")) == 3
    assert len(read(MOONCAKE + "\n\n")) == 2


def test_a_limit_takes_the_first_and_does_not_look_at_the_rest(read):
    found = read(AZURE + "nonsense\n", limit=2)
    assert len(found) == 2
    assert len(read(AZURE, limit=3)) == 3


def test_faster_arrivals_keep_their_requests_and_their_variation(read):
    found = read(AZURE)
    fast = found.faster(4)
    np.testing.assert_allclose(fast.arrival_s, found.arrival_s / 4)
    assert fast.rate_per_s == pytest.approx(4 * found.rate_per_s)
    assert fast.arrival_cv == pytest.approx(found.arrival_cv)


WRONG = [
    ("", ":1: is empty: a trace begins with a header such as arrival_s,input_tokens,output_tokens"),
    ("a,b\n1,2\n", ":1: has the columns 'a,b'; traces have arrival_s,input_tokens,output_tokens"),
    (PLAIN + "3\n", ":4: has 1 columns; input_tokens is column 3"),
    (PLAIN + "3,soon,4\n", ":4: arrival_s: must be a number, not 'soon'"),
    (PLAIN + "3,nan,4\n", ":4: arrival_s: must be a number, not 'nan'"),
    (PLAIN + "3,1,4.5\n", ":4: input_tokens: must be a whole number from 0 to 100,000,000, not '4.5'"),
    (PLAIN + "-3,1,4\n", ":4: output_tokens: must be a whole number from 0 to 100,000,000, not '-3'"),
    (PLAIN + "1e99,1,4\n", ":4: output_tokens: must be a whole number"),
    ("arrival_s,input_tokens,output_tokens\n", ": holds no request with an output"),
    (AZURE + "yesterday,1,1\n", ":5: TIMESTAMP: must be a time such as 2023-11-16 18:15:46.680"),
    (MOONCAKE + "\n{]\n", ":3: is not JSON: a line holds one object"),
    (MOONCAKE + '\n{"timestamp": 1}\n', ":3: has no input_length; a line holds timestamp, input_length"),
    (MOONCAKE + '\n{"timestamp": true, "input_length": 1, "output_length": 1}', ":3: timestamp: must be"),
    (MOONCAKE + "\n" + "1" * 1_000_001, ":3: a line of 1,000,000 characters or more is no request"),
    ("1" * 1_000_001, ":1: a line of 1,000,000 characters or more is no request"),
    (PLAIN + "7,1e300,1\n", ":4: arrival_s: lies 1e+300 s after line 3; a trace covers at most 1e+09 s"),
    (b"arrival_s,input_tokens,output_tokens\n1,2,\xff\n", ": is not UTF-8 text (byte "),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_bad_row_is_one_clear_line_with_its_number(read, text, message):
    with pytest.raises(InferscopeError) as error:
        read(text)
    shown = str(error.value)
    assert message in shown
    assert shown.count("\n") == 0


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(InferscopeError, match="no such file"):
        read_trace(tmp_path / "no.csv")


def test_what_is_no_regular_file_is_refused_and_not_read_for_ever(tmp_path):
    for path in (tmp_path, Path("/dev/zero")):
        if path.exists():
            with pytest.raises(InferscopeError, match="is not a regular file"):
                read_trace(path)


# --- drawn ---------------------------------------------------------------------------------------


def test_what_is_drawn_has_the_mean_and_the_variation_asked_for():
    found = synthetic(5.0, 1000, 200, arrival_cv=2.0, length_cv=0.5, requests=200_000, seed=7)
    assert found.rate_per_s == pytest.approx(5, rel=0.03)
    assert found.arrival_cv == pytest.approx(2, rel=0.03)
    for values, mean in ((found.input_tokens, 1000), (found.output_tokens, 200)):
        assert values.mean() == pytest.approx(mean, rel=0.01)
        assert values.std() / values.mean() == pytest.approx(0.5, rel=0.02)
        assert (values == np.rint(values)).all()
    assert found.output_tokens.min() >= 1


def test_the_same_seed_draws_the_same():
    one, same, other = (synthetic(5.0, 100, 20, requests=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.arrival_s, same.arrival_s)
    assert (one.arrival_s[1:] != other.arrival_s[1:]).all()


def test_without_variation_everything_is_even():
    found = synthetic(4.0, 100, 20, arrival_cv=0.0, requests=9)
    np.testing.assert_allclose(found.arrival_s, np.arange(9) / 4)
    assert set(found.input_tokens) == {100}
    assert found.form == "drawn, seed 0: even arrivals, all requests equally long"
