"""Terminal output with colours (standard input) as a page that looks like a terminal (standard output)."""

import html
import re
import sys

STYLES = {"1": "font-weight:bold;color:#fff", "2": "color:#8b93a7", "31": "color:#ff7b72", "32": "color:#7ee787",
          "33": "color:#e3b341", "34": "color:#79c0ff", "35": "color:#d2a8ff", "36": "color:#76e3ea"}


def main() -> None:
    text = sys.stdin.read().replace("\r", "")
    body, depth = [], 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not code:
            body.append(html.escape(part))
            continue
        for number in code.group(1).split(";"):
            if number in ("", "0"):
                body.append("</span>" * depth)
                depth = 0
            elif number in STYLES:
                body.append(f'<span style="{STYLES[number]}">')
                depth += 1
    print(f"""<!doctype html><meta charset="utf-8"><body style="margin:0;background:#0d1117">
<pre style="margin:0;padding:20px 24px;color:#c9d1d9;font:13px/1.5 'DejaVu Sans Mono',monospace;white-space:pre-wrap">{''.join(body)}</pre>""")


main()
