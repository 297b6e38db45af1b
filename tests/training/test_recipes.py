"""Recipes: every named one is whole, and an epoch finds its phase."""

from dataclasses import FrozenInstanceError, asdict

import pytest

from blurmap.training.recipes import DEFAULT_RECIPES, IMAGE_RECIPES, PATCH_RECIPES, DefaultRecipe, Phase
from tests.training.runs import DEFAULT


def test_an_epoch_finds_its_phase() -> None:
    first, second, third = Phase(2), Phase(1), Phase(3)
    recipe = DefaultRecipe((first, second, third))
    found = [recipe.phase(epoch) for epoch in range(6)]
    assert [begin for _, begin in found] == [0, 0, 2, 3, 3, 3]
    for (phase, _), expected in zip(found, (first, first, second, third, third, third), strict=True):
        assert phase is expected
    with pytest.raises(ValueError, match="6 epochs"):
        recipe.phase(6)


@pytest.mark.parametrize("name", DEFAULT_RECIPES)
def test_named_recipes_of_default_add_up(name: str) -> None:
    recipe = DEFAULT_RECIPES[name]
    assert recipe.epochs == sum(phase.epochs for phase in recipe.phases) > 0
    found = [recipe.phase(epoch)[0] for epoch in range(recipe.epochs)]
    assert [found.count(phase) for phase in recipe.phases] == [phase.epochs for phase in recipe.phases]
    assert recipe.encoder in ("lite0", "lite2")
    for phase in recipe.phases:
        assert phase.size % 32 == 0
        assert phase.rates[0] > phase.rates[1] >= 0
        assert all(0 < share <= 1 for share in phase.labelled)
        assert not phase.synthetic or recipe.synthetic, "synthetic photos are asked for that are never made"
        assert not phase.composites or recipe.composites, "composites are asked for that are never made"
    assert recipe.phases[-1].rates[1] <= 0.02


def test_recipes_differ_and_cannot_be_changed() -> None:
    for recipes in (DEFAULT_RECIPES, IMAGE_RECIPES, PATCH_RECIPES):
        assert len({str(asdict(recipe)) for recipe in recipes.values()}) == len(recipes)
    with pytest.raises(FrozenInstanceError):
        DEFAULT.batch = 3  # type: ignore[misc]


def test_no_recipe_trains_on_val_unless_asked() -> None:
    assert not any(recipe.everything or recipe.choosing for recipe in DEFAULT_RECIPES.values())
