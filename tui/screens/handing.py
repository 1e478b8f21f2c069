"""Copy and export, the same way on every screen with numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from inferscope.tui.config import key_of

if TYPE_CHECKING:
    from pathlib import Path

    from textual.screen import Screen

    from inferscope.tui.screens.export import Formats

    _Screen = Screen[Any]
else:
    _Screen = object  # Textual follows the first base for keys and style: that is not this one

_FONTS = re.compile(r"@font-face\s*\{[^}]*\}")
"""Where a picture would fetch its fonts from; it has to work without a network."""


class Handing(_Screen):
    """What is copied and written; what it needs of a screen is named at the top.

    Attributes:
        PLACE: What the ids of the screen's actions begin with.
    """

    PLACE = ""

    def stem(self) -> str:
        """A name for a file about what is shown."""
        raise NotImplementedError

    def marked_text(self) -> str:
        """What is copied of the marked thing; nothing where there is no number."""
        raise NotImplementedError

    def contents(self) -> Formats:
        """What can be written of what is shown, besides its picture; nothing where there is nothing yet."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Send the marked number to the terminal's clipboard."""
        if text := self.marked_text():
            self.app.copy_to_clipboard(text)
            file = key_of(self.app, f"{self.PLACE}copy_to_file")
            self.say(f"sent to the terminal's clipboard; {file} writes it to a file: {text}")
        else:
            self.say("nothing to copy: go to a line or a figure first", problem=True)

    def action_copy_to_file(self) -> None:
        """Write the marked number to a file, where the terminal has no clipboard."""
        from inferscope.tui.screens.export import WriteFile

        text = self.marked_text()
        if not text:
            self.say("nothing to write: go to a line or a figure first", problem=True)
            return
        formats = {".txt": ("the number with unit, scenario and source", lambda: f"{text}\n")}
        self.app.push_screen(WriteFile("Write the number", self.stem(), formats), self._written)

    def action_export(self) -> None:
        """Write what is on the screen to a file."""
        from inferscope.tui.screens.export import WriteFile

        contents = self.contents()
        if not contents:
            self.say("nothing to export yet", problem=True)
            return
        picture = _FONTS.sub("", self.app.export_screenshot(title=f"inferscope {self.stem()}"))
        formats = {**contents, ".svg": ("this screen as a picture", lambda: picture)}
        self.app.push_screen(WriteFile("Export", self.stem(), formats), self._written)

    def _written(self, path: Path | None) -> None:
        if path is not None:
            self.say(f"Written to {path}")
