"""The lecture: its lessons in order, one line each."""

from explorer.lesson import Lesson
from explorer.lessons import backwards, forgetting, gates, memory, myths, one_number, remedies, shapes

LESSONS: dict[str, Lesson] = {
    lesson.page: lesson
    for lesson in (
        one_number.LESSON,
        memory.LESSON,
        backwards.LESSON,
        shapes.LESSON,
        forgetting.LESSON,
        remedies.LESSON,
        gates.LESSON,
        myths.LESSON,
    )
}  # fmt: skip


def neighbour(page: str, step: int) -> Lesson | None:
    """The lesson `step` places further on in the lecture, None beyond its ends."""
    pages = list(LESSONS)
    place = pages.index(page) + step
    return LESSONS[pages[place]] if 0 <= place < len(pages) else None
