"""Draw the picture of the explorer for the documents: `python tools/draw_screen.py`.

Run it after a change of the main screen; the picture is for people and no test reads it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "docs" / "explorer.svg"
SIZE = (120, 40)
PRESET = "deepseek-v3-h800"


async def draw() -> str:
    """The explorer at rest on a shipped preset, as SVG."""
    from inferscope.core.scenario import files  # noqa: PLC0415  (after the folder for configuration is set)
    from inferscope.tui.app import InferscopeApp  # noqa: PLC0415

    app = InferscopeApp(lambda: files.load(PRESET))
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(20):
            await pilot.pause(0.1)
        return app.export_screenshot()


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INFERSCOPE_CONFIG"] = folder
        TARGET.write_text(asyncio.run(draw()), encoding="utf-8")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
