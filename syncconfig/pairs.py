"""Two connected accounts, and the words in which documents and commands speak of their sides and directions."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.vocabulary import Direction
from syncconfig.engine.spec import Side
from syncconfig.models import Connection


@dataclass(frozen=True, slots=True)
class Pair:
    """Two connected accounts and the words a document uses for them."""

    left: Connection
    right: Connection

    def side_word(self, side: Side) -> str:
        return self.left.provider if side is Side.LEFT else self.right.provider

    def direction_word(self, direction: Direction) -> str:
        return "both" if direction is Direction.BOTH else f"to_{self.side_word(Side.LEFT if direction is Direction.TO_LEFT else Side.RIGHT)}"

    @property
    def directions(self) -> dict[str, Direction]:
        return {self.direction_word(d): d for d in Direction}

    @property
    def sides(self) -> dict[str, Side]:
        return {self.side_word(s): s for s in Side}
