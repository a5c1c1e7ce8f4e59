"""Which beats has the lecture, what does each say, and which link restores it?"""

from explorer.ui import bundle, page, paper

bundle.enter_through_app()
page.heading(paper.summary())
hide, in_lecture = paper.options()
paper.lessons(hide, in_lecture=in_lecture)
