"""How the station's own pages look: a few lines inside the page itself, since nothing else may be there."""

import base64
import hashlib

# Read from a kiosk's distance as well as at a desk. Colours of the design system, by their values.
STYLE = """
body { margin: 0; background: #fff; color: #1a1a1a; }
body { font: 1.25rem/1.7 "Noto Sans JP", "Noto Sans CJK JP", sans-serif; }
main { max-width: 46rem; margin: 12vh auto; padding: 0 2rem; }
h1 { font-size: 1.25rem; font-weight: 400; color: #4d4d4d; }
ul { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid #b3b3b3; padding: 1rem 0; }
p { margin: 0.5rem 0; }
strong { font-size: 1.75rem; line-height: 1.5; }
.next { font-size: 1.5rem; }
[lang="en"] { color: #4d4d4d; }
a { display: inline-block; padding: 0.75rem 0; color: #0017c1; }
a [lang="en"] { color: inherit; }
@media (orientation: portrait) and (min-width: 60rem) { html { font-size: 1.5rem; } }
button { min-height: 5rem; margin: 1rem 0; padding: 1rem 2.5rem; border: 0; border-radius: 8px; }
button { background: #0017c1; color: #fff; font: inherit; font-weight: 700; }
button [lang="en"] { color: inherit; font-weight: 400; }
a:focus-visible, button:focus-visible { outline: 4px solid #000; outline-offset: 2px; }
a:focus-visible { background: #ffd43d; }
"""
# What a page's policy says of it: these lines and no others (CSP Level 3, section 2.3.1, hash-source).
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
