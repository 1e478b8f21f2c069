"""Shapley values: numbers done by hand, the axioms, and what cannot be told apart."""

import itertools
import math

import pytest

from inferscope.core.study.shapley import shapley


def game(function):
    """A valuation of bit masks from a function of the set of players; counts what it was asked."""
    asked = []

    def worth(masks):
        asked.append(list(masks))
        return {mask: function({p for p in range(32) if mask >> p & 1}) for mask in masks}

    return worth, asked


def by_orders(players, function):
    """The definition itself: what each adds, averaged over all orders."""
    orders = list(itertools.permutations(range(players)))
    added = [0.0] * players
    for order in orders:
        for place, player in enumerate(order):
            added[player] += function(set(order[: place + 1])) - function(set(order[:place]))
    return [total / len(orders) for total in added]


def product(factors):
    """A product in which each player present takes its second factor."""
    return lambda present: math.prod(pair[i in present] for i, pair in enumerate(factors))


def test_a_sum_gives_each_its_own():
    worth, _ = game(lambda present: sum((3.0, 5.0, -2.0)[p] for p in present))
    shares = shapley(3, worth)
    assert [part.value for part in shares.parts] == pytest.approx([3, 5, -2])
    assert shares.exact
    assert shares.difference == 6


def test_the_glove_game():
    # One left glove, two right ones; only a pair is worth something. By hand: 2/3, 1/6, 1/6.
    worth, _ = game(lambda present: float(0 in present and bool(present & {1, 2})))
    assert [part.value for part in shapley(3, worth).parts] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_a_product_of_two_is_the_mean_of_both_ways():
    # p: 2 -> 3, h: 10 -> 4. p carries (3-2)(10+4)/2 = 7, h carries (4-10)(2+3)/2 = -15; in all -8.
    worth, _ = game(product([(2.0, 3.0), (10.0, 4.0)]))
    assert [part.value for part in shapley(2, worth).parts] == pytest.approx([7, -15])


@pytest.mark.parametrize("players", [1, 3, 5, 6])
def test_it_is_the_mean_over_all_orders(players):
    function = product([(1.0 + p, 2.5 - 0.3 * p) for p in range(players)])
    worth, _ = game(function)
    assert [part.value for part in shapley(players, worth).parts] == pytest.approx(
        by_orders(players, function)
    )


def test_ten_players_are_counted_in_one_call():
    worth, asked = game(product([(1.0, 1.0 + 0.1 * p) for p in range(10)]))
    shares = shapley(10, worth)
    assert shares.exact
    assert next(sorted(masks) for masks in asked if len(masks) > 2) == list(range(1024))
    assert shares.parts[0].value == 0  # its factor is 1 with and without it


@pytest.mark.parametrize("players", [2, 7, 10, 11, 14])
def test_the_parts_add_up(players):
    worth, _ = game(product([(1.0 + 0.01 * p, 3.0 - 0.4 * p) for p in range(players)]))
    shares = shapley(players, worth)
    assert shares.exact == (players <= 10)
    assert math.fsum(part.value for part in shares.parts) == pytest.approx(shares.difference, rel=1e-12)


def test_beyond_ten_orders_are_drawn_and_the_error_is_honest():
    # In f = (sum of x)^2 a player with x_i carries x_i (sum of all x): known without counting.
    sizes = [0.5 + 0.25 * p for p in range(12)]
    worth, _ = game(lambda present: sum(sizes[p] for p in present) ** 2)
    right = [size * sum(sizes) for size in sizes]
    shares = shapley(12, worth)
    assert not shares.exact
    # An order and its reverse together are exact for a square, so that only rounding is left.
    assert [part.value for part in shares.parts] == pytest.approx(right)
    cubic, _ = game(lambda present: sum(sizes[p] for p in present) ** 3)
    drawn, again = shapley(12, cubic), shapley(12, cubic)
    assert drawn == again
    assert drawn != shapley(12, cubic, seed=1)
    pair_sums = {p: by_cubes(sizes, p) for p in range(12)}
    misses = [abs(part.value - pair_sums[part.players[0]]) / part.error for part in drawn.parts]
    assert max(misses) < 4
    assert all(part.error > 0 for part in drawn.parts)


def by_cubes(sizes, player):
    """Shapley value of one player of (sum x)^3, term by term: a product is shared evenly by its members."""
    x, others = sizes[player], [s for i, s in enumerate(sizes) if i != player]
    one = sum(others)
    pairs = (one**2 - sum(s * s for s in others)) / 2
    squares = sum(s * s for s in others)
    return x**3 + 3 * (x * x * one + x * squares) / 2 + 6 * x * pairs / 3


def test_players_that_cannot_be_apart_are_one():
    # Player 2 without player 0 has no value, as a chip without the price that is given for it.
    def function(present):
        return math.nan if 2 in present and 0 not in present else float(10 * len(present))

    worth, _ = game(function)
    parts = shapley(4, worth).parts
    assert [part.players for part in parts] == [(0, 2), (1,), (3,)]
    assert [part.value for part in parts] == pytest.approx([20, 10, 10])


def test_the_first_pair_is_joined_on_ties():
    worth, _ = game(lambda present: math.inf if len(present) == 1 else float(len(present)))
    assert [part.players for part in shapley(2, worth).parts] == [(0, 1)]
    assert [part.players for part in shapley(3, worth).parts] == [(0, 1, 2)]


def test_joining_beyond_ten_can_make_it_exact():
    def function(present):
        return math.nan if (11 in present) != (3 in present) else float(sum(present))

    worth, _ = game(function)
    shares = shapley(12, worth)
    assert (3, 11) in [part.players for part in shares.parts]
    assert math.fsum(part.value for part in shares.parts) == pytest.approx(66)


def test_an_end_without_a_value_cannot_be_divided():
    worth, _ = game(lambda present: math.nan if present else 1.0)
    with pytest.raises(ValueError, match="no difference"):
        shapley(2, worth)


def test_nobody_changes_nothing():
    worth, _ = game(lambda _: 4.0)
    shares = shapley(0, worth)
    assert (shares.difference, shares.parts) == (0, ())
