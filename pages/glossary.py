"""What does every symbol mean, and where is it met?"""

from explorer.ui import bundle, glossary, page

bundle.enter_through_app()
page.heading(glossary.summary())
glossary.everything()
