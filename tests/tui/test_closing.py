"""Keys that come faster than screens close."""

import pytest

from inferscope.tui.screens.picker import Picker
from inferscope.tui.screens.policy import PolicyScreen
from inferscope.tui.screens.reader import Reader


@pytest.mark.parametrize(("key", "screen"), [("e", Reader), ("ctrl+o", Picker), ("P", PolicyScreen)])
async def test_a_screen_that_is_asked_to_close_twice_closes_alone(explore, key, screen):
    async with explore() as pilot:
        await pilot.press(key)
        top = pilot.app.screen
        assert isinstance(top, screen)
        top.dismiss(None)
        top.dismiss(None)
        await pilot.pause()
        assert pilot.app.screen_stack == pilot.app.screen_stack[:1]
        await pilot.press(key)
        assert isinstance(pilot.app.screen, screen)
