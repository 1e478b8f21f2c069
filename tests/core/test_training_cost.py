"""Three accounts of a training run by hand, and as published, and what moves them."""

import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load, load_values, with_values

ACCOUNTS = ("training_rental_usd", "training_amortised_usd", "training_acquisition_usd")


def accounts(changes=None, preset="gpt-4-training-accounts"):
    result = evaluate(with_values(load(preset).scenario, changes or {}), ACCOUNTS)
    return [float(result[name][0]) for name in ACCOUNTS]


def test_gpt_4_by_hand_and_as_published():
    value = 24_875 * 10 ** (-0.14 * 1.747)
    wear = value * 0.14 * 2.302585 / 8766 * 57e6 / 0.81
    power = 57e6 * 0.8125 * 0.75 * 1.25 * 0.0806
    assert accounts() == pytest.approx([57e6 * 1.36, wear + power, 25_000 * 24_875 / 0.81], rel=1e-6)
    assert accounts() == pytest.approx([78_562_017, 40_695_706, 778_066_899], rel=0.05)


def test_gpt_3_by_the_same_inputs_of_its_time():
    """Published in the dollars of 2024: 4.336, 2.198 and 242.0 million, 5.25 % above those of 2020."""
    run = {
        "accelerator": "v100-sxm2-32",
        "accelerator_hours": 3_552_000,
        "days": 14.8,
        "usd_per_accelerator_hour": 1.16,
        "purchase_usd": 18_625,
        "years_owned": 1.268,
        "pue": 1.25,
        "electricity_usd_per_kwh": 0.0667,
    }
    scenario = load_values({"model": {"id": "gpt-3-175b"}, "training": run})
    result = evaluate(scenario, ACCOUNTS)
    found = [float(result[name][0]) for name in ACCOUNTS]
    assert found == pytest.approx([4_336_473 / 1.0525, 2_198_105 / 1.0525, 242_000_906 / 1.0525], rel=0.02)


@pytest.mark.parametrize(
    ("key", "factor", "moved"),
    [
        ("usd_per_accelerator_hour", 2, (2, 1, 1)),
        ("purchase_usd", 2, (1, None, 2)),
        ("days", 2, (1, 1, 0.5)),
        ("accelerator_hours", 2, (2, 2, 2)),
    ],
)
def test_an_input_moves_each_account_as_it_should(key, factor, moved):
    was = accounts()
    given = getattr(load("gpt-4-training-accounts").scenario.training, key).mid
    now = accounts({f"training.{key}": given * factor})
    for before, after, ratio in zip(was, now, moved, strict=True):
        if ratio is not None:
            assert after / before == pytest.approx(ratio)


def test_wear_follows_value_and_the_rest_is_electricity():
    """Twice the purchase price adds the wear once more: 36.65 million."""
    was, now = accounts()[1], accounts({"training.purchase_usd": 2 * 24_875})[1]
    assert now - was == pytest.approx(36.65e6, rel=0.001)


@pytest.mark.parametrize(("account", "row"), [("rental", 0), ("amortised", 1), ("acquisition", 2)])
def test_the_cost_of_training_is_that_of_the_account(account, row):
    scenario = with_values(load("gpt-4-training-accounts").scenario, {"training.account": account})
    assert evaluate(scenario, ["training_usd"])["training_usd"][0] == pytest.approx(accounts()[row])


def test_a_purchase_price_that_nobody_gives_leaves_two_accounts_open():
    scenario = with_values(
        load("gpt-4-training-accounts").scenario,
        {"training.purchase_usd": None, "training.accelerator": "tpu-v4"},
    )
    result = evaluate(scenario, ACCOUNTS)
    assert result.why("training_acquisition_usd").startswith("needs_input: training.purchase_usd")
    assert result["training_rental_usd"][0] == pytest.approx(77.52e6)
