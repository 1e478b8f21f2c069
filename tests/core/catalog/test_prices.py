"""The price that held: by provider, model and day."""

import datetime as dt

import pytest

from inferscope.core.catalog import UnknownIdError, price, prices, providers
from inferscope.core.errors import CatalogError


def per_million(found):
    return found.usd_per_million_input_tokens, found.usd_per_million_output_tokens


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-22", (0.15, 0.6)),
        ("2026-09-10", (0.15, 0.6)),
        ("2026-09-09", (0.22, 0.66)),
        ("2026-08-17", (0.22, 0.66)),
    ],
)
def test_the_latest_step_on_or_before_the_day_holds(day, expected):
    assert per_million(price("deepseek-v4-flash", "deepseek", day)) == expected


def test_an_undated_row_is_not_used_for_an_earlier_day_unless_asked_for():
    assert price("o3", "openai", "2025-06-09") is None
    assert per_million(price("o3", "openai", "2025-06-09", undated=True)) == (10.0, 40.0)
    assert per_million(price("o3", "openai", dt.date(2025, 6, 10))) == (2.0, 8.0)


def test_an_undated_row_is_used_from_the_month_it_was_taken():
    found = price("gpt-4o", "openai", "2026-11-22")
    assert per_million(found) == (2.5, 10.0)
    assert not found.is_dated
    assert price("gpt-4o", "openai", "2026-10-31") is None


def test_hours_of_the_day_have_their_own_row():
    peak = price("deepseek-v4-pro", "deepseek", hours="UTC 01:00-04:00")
    assert per_million(peak) == (1.32, 3.96)
    assert peak.hours == "UTC 01:00-04:00"
    assert per_million(price("deepseek-v4-pro", "deepseek")) == (0.66, 1.98)


def test_a_doubtful_label_gives_way():
    assert price("kimi-k2", "moonshotai").model == "kimi-k2-0711-preview"
    assert price("kimi-k2", "moonshotai", label="kimi-k2").usd_per_million_input_tokens == 0.57
    assert price("deepseek-r1", "novita").model == "deepseek/deepseek-r1"


def test_the_developer_sells_when_nobody_is_named():
    assert price("deepseek-r1").provider == "deepseek"
    assert price("gpt-4o").provider == "openai"


def test_a_seller_must_be_named_where_there_are_several():
    assert len(providers("llama-3.1-8b")) > 1
    with pytest.raises(CatalogError, match=r"name one of .*novita"):
        price("llama-3.1-8b")


def test_a_seller_who_does_not_sell_it_is_refused_with_those_who_do():
    with pytest.raises(CatalogError, match="sold by openai"):
        price("o3", "groq")


def test_a_model_nobody_sells_says_so():
    with pytest.raises(CatalogError, match="no price of it is known"):
        price("palm-540b")


def test_a_label_outside_the_catalogue_has_prices_too():
    rows = prices("chatgpt-4o-latest")
    assert [row.model_id for row in rows] == [""]
    assert per_million(price("chatgpt-4o-latest", "openai")) == (5.0, 15.0)


def test_an_unknown_model_is_refused():
    with pytest.raises(UnknownIdError):
        prices("no-such-model")


def test_every_row_is_sound():
    for row in prices():
        assert row.usd_per_million_input_tokens >= 0
        assert row.usd_per_million_output_tokens > 0
        assert row.source
        cached = row.usd_per_million_cached_input_tokens
        assert cached is None or cached <= row.usd_per_million_input_tokens
        assert not row.is_dated or dt.date.fromisoformat(row.effective_from)


def test_every_model_with_prices_has_one_from_each_seller_today():
    for identifier in {row.model_id for row in prices() if row.model_id}:
        for provider in providers(identifier):
            found = price(identifier, provider)
            assert found is None or found.model_id == identifier
