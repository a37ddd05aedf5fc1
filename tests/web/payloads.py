# SPDX-License-Identifier: Apache-2.0
"""Two hundred texts that try to run, to break out of their place, or to turn the page around."""

from itertools import product

MARK = "nahmi7"
"""Stands in every payload, so that it can be found again."""

_RUNS = [
    "<script>window.hit=1</script>",
    "<ScRiPt>window.hit=1</sCrIpT>",
    "<script/x>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1>",
    "<svg/onload=window.hit=1//",
    "<svg><script>window.hit=1</script></svg>",
    "<body onload=window.hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<iframe src=javascript:window.hit=1></iframe>",
    "<a href=javascript:window.hit=1>x</a>",
    "<details open ontoggle=window.hit=1>x</details>",
    "<input autofocus onfocus=window.hit=1>",
    "<math><mtext><script>window.hit=1</script></mtext></math>",
    "<video><source onerror=window.hit=1></video>",
    "<object data=javascript:window.hit=1></object>",
    "<embed src=javascript:window.hit=1>",
    "<form action=javascript:window.hit=1><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:window.hit=1'>",
    "<base href=//example.org/>",
    "<link rel=stylesheet href=//example.org/x.css>",
    "<style>*{display:none}</style>",
    "<template><script>window.hit=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'></noscript>",
    "<marquee onstart=window.hit=1>x</marquee>",
    "javascript:window.hit=1",
    "data:text/html,<script>window.hit=1</script>",
    "{{7*7}}{% include 'x' %}",
    "${window.hit=1}",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
]
_LEAVES = ["", '">', "'>", "</textarea>", "</title>"]
_STEERS = [
    "\u202e",
    "\u202d",
    "\u202b",
    "\u202a",
    "\u2066",
    "\u2067",
    "\u2068",
    "\u2069",
    "\u2069\u202e",
    "\u202c\u202e",
    "\u2069\u2069\u2067",
    "\u2028",
    "\u2029",
    "\x00",
    "\x1b[31m",
    "\x9b",
    "\u200f",
    "\u061c",
    "\ufeff",
    "\U000e0041",
]
_LEAVES_ATTRIBUTE = [
    '" onmouseover="window.hit=1',
    "' onmouseover='window.hit=1",
    '" autofocus onfocus="window.hit=1',
    '" style="position:fixed;inset:0',
    "` onmouseover=`window.hit=1",
    '"/><script>window.hit=1</script>',
    "--><script>window.hit=1</script>",
    "]]><script>window.hit=1</script>",
    "</bdi><script>window.hit=1</script>",
    "</option></select><script>window.hit=1</script>",
    "</svg><script>window.hit=1</script>",
    "</desc></svg><img src=x onerror=window.hit=1>",
    "</caption></table><img src=x onerror=window.hit=1>",
    "\\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e",
    "+ADw-script+AD4-window.hit=1+ADw-/script+AD4-",
    "%3Cscript%3Ewindow.hit=1%3C/script%3E",
    "\u2028<script>window.hit=1</script>",
    "<\x00script>window.hit=1</script>",
    "<scr\u202eipt>window.hit=1</scr\u202eipt>",
    "\ud800<script>window.hit=1</script>",
]
_NAMES = ["photo{}gpj.exe", "{}مرفق.pdf"]

PAYLOADS = [
    *(f"{leave}{run}{MARK}" for leave, run in product(_LEAVES, _RUNS)),
    *(name.format(steer) + MARK for steer, name in zip(_STEERS, _NAMES * 10, strict=True)),
    *(f"{one}{MARK}" for one in _LEAVES_ATTRIBUTE),
    *(f"{MARK}{steer}{MARK}" for steer in _STEERS[:10]),
]
"""All of them, each once."""
