"""Ask for a file, and write into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from inferscope.core.errors import InferscopeError
from inferscope.core.scenario.names import expanded
from inferscope.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import ComposeResult

    Formats = Mapping[str, tuple[str, Callable[[], str]]]
    """What makes a content, by the ending of the file's name, with what the format is called."""


class WriteFile(Dialog[Path]):
    """Ask for the name of a file until writing works; the result is the file.

    Args:
        title: What is written.
        stem: A name to begin with.
        formats: What it can be written as.
    """

    def __init__(self, title: str, stem: str, formats: Formats) -> None:
        super().__init__()
        self._title, self._stem, self._formats = title, stem, formats
        self._replacing: Path | None = None

    def compose(self) -> ComposeResult:
        """The formats, the name, and where it will lie."""
        with Vertical(classes="box small") as box:
            box.border_title = Content(self._title)
            first = next(iter(self._formats))
            yield Static(self._listed(first), id="formats", markup=False)  # the box is laid out for all
            yield Input(f"{self._stem}{first}", compact=True, id="name")
            yield Static("", id="where", markup=False)
            turn = {"row_down": "another format"} if len(self._formats) > 1 else {}
            keys = self.keys(accept="writes", **turn, cancel="goes back")
            yield Static(keys, classes="keys", markup=False)

    @property
    def _ending(self) -> str:
        """The format that the name asks for; empty where it asks for none."""
        name = Path(self.query_one(Input).value.strip()).name.lower()
        fitting = [ending for ending in self._formats if name.endswith(ending) and name != ending]
        return max(fitting, key=len, default="")

    def _listed(self, chosen: str) -> str:
        """The formats, the chosen one marked."""
        rows = self._formats.items()
        return "\n".join(f"{'▸' if end == chosen else ' '} {end[1:]}: {about}" for end, (about, _) in rows)

    def action_row_up(self) -> None:
        """The format before."""
        self._turn(-1)

    def action_row_down(self) -> None:
        """The next format."""
        self._turn(1)

    def _turn(self, step: int) -> None:
        """Another format, in the name's ending."""
        endings, line = list(self._formats), self.query_one(Input)
        now = endings.index(self._ending) if self._ending else -step
        bare = (line.value.strip() or self._stem).removesuffix(self._ending)
        line.value = f"{bare}{endings[(now + step) % len(endings)]}"
        line.cursor_position = len(line.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._replacing = None
        self.query_one("#formats", Static).update(self._listed(self._ending))
        try:
            path = expanded(event.value.strip()).absolute()
        except InferscopeError as error:
            self._say(str(error), problem=True)
            return
        self._say(f"in {path}" if event.value.strip() else "needs a name")

    def _say(self, text: str, *, problem: bool = False) -> None:
        where = self.query_one("#where", Static)
        where.update(f"! {text}" if problem else text)
        where.set_class(problem, "problem")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        from inferscope.core.scenario.saving import write_atomic

        endings = ", ".join(self._formats)
        if not event.value.strip() or not self._ending:
            self._say(f"needs a name that ends in one of {endings}", problem=True)
            return
        try:
            path = expanded(event.value.strip())
            if path.exists() and path != self._replacing:
                self._replacing = path
                self._say(f"{path} exists; enter again replaces it", problem=True)
                return
            write_atomic(path, self._formats[self._ending][1]())
        except InferscopeError as error:
            self._say(str(error), problem=True)
        except OSError as error:
            self._say(f"{event.value.strip()}: cannot be written: {error.strerror or error}", problem=True)
        else:
            self.dismiss(path.absolute())
