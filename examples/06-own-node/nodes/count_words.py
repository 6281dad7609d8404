"""`call: count_words`: a whole node type. It imports nothing of AgentOS, and nothing else has to change."""

from collections import Counter
from typing import Any

from pydantic import BaseModel, Field


class CountWords:
    """Counts the words of a text, and says which are used most."""

    name = "count_words"
    version = "1.0.0"
    examples = ({"text": "to be or not to be", "most": 2},)

    class With(BaseModel, extra="forbid"):
        text: str
        most: int = Field(default=3, ge=1, description="How many words to give.")

    class Output(BaseModel):
        words: int
        most: list[str]

    async def run(self, with_: With, ctx: Any) -> Output:
        found = with_.text.lower().split()
        ctx.log(f"counted {len(found)} words")
        return self.Output(words=len(found), most=[word for word, _ in Counter(found).most_common(with_.most)])
