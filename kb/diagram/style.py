"""The style that a picture carries when it stands alone.

In a page the colours are those of web/assets/css/diagram.css, which are the same; here they are
spelled out, light first, because readers of mail know neither variables nor `light-dark()`.
"""

FONT = 'Inter,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif'

# Rule, property, light, dark.
COLOURS = (
    (".arch-paper", "fill", "#ffffff", "#1f242a"),
    (".arch-lane rect", "fill", "#f3f4f3", "#1a1e23"),
    (".arch-lane rect", "stroke", "#dfe2e3", "#323840"),
    (".arch text", "fill", "#1a1d21", "#e4e6e8"),
    (".arch-lane text,.arch .note,.arch-legend text", "fill", "#565d66", "#a0a8b1"),
    (".arch-label text", "fill", "#3d434b", "#c3c8ce"),
    (".arch-label text", "stroke", "#f9f9f8", "#1d2126"),
    (".arrow .line", "stroke", "#565d66", "#a0a8b1"),
    (".arrow .head", "fill", "#565d66", "#a0a8b1"),
    (".box-client rect", "fill", "#f0eaf7", "#2a2238"),
    (".box-client rect", "stroke", "#7553a3", "#b9a3e3"),
    (".box-service rect", "fill", "#ffffff", "#262c33"),
    (".box-service rect", "stroke", "#5d6670", "#a0a8b1"),
    (".box-model rect", "fill", "#e4eff8", "#17303f"),
    (".box-model rect", "stroke", "#2f6ea8", "#6fb6e8"),
    (".box-store rect", "fill", "#e8f3e9", "#1a3022"),
    (".box-store rect,.arch-lid", "stroke", "#3d7f4c", "#74cf97"),
    (".box-stream rect", "fill", "#fbf1dc", "#33290f"),
    (".box-stream rect", "stroke", "#94660f", "#e5b95c"),
    (".box-job rect", "fill", "#e0f1f1", "#132f30"),
    (".box-job rect", "stroke", "#2a7a80", "#5fc3c3"),
    (".box-control rect", "fill", "#fae9e6", "#3a1f1a"),
    (".box-control rect", "stroke", "#b04a3a", "#f09a86"),
    (".box-human rect", "fill", "#fbe9f2", "#381b2b"),
    (".box-human rect", "stroke", "#a83e79", "#ec94c0"),
)
SHAPES = (
    f".arch{{font-family:{FONT}}}"
    ".arch text{font-size:11px}"
    ".arch .box text{font-size:13px;font-weight:500;text-anchor:middle}"
    ".arch .box .note{font-size:11px;font-weight:400}"
    ".arch-lane rect,.box rect,.arch-lid{stroke-width:1}"
    ".box rect{stroke-width:1.25}.arch-lid{fill:none}"
    ".arch .arch-lane text{font-size:12px;font-weight:600}"
    ".arch-label text{text-anchor:middle;paint-order:stroke;stroke-width:3px;"
    "stroke-linejoin:round}"
    ".arrow .line{fill:none;stroke-width:1.4;stroke-linecap:round}"
    ".arrow-event .line{stroke-dasharray:5 4}"
    ".arrow-batch .line{stroke-dasharray:.1 4;stroke-width:2}"
    ".is-inferred rect,.is-unknown rect{stroke-dasharray:4 3}"
)


def _colours(dark: bool) -> str:
    return "".join(
        f"{rule}{{{name}:{night if dark else day}}}" for rule, name, day, night in COLOURS
    )


STYLE = f"{SHAPES}{_colours(dark=False)}@media (prefers-color-scheme:dark){{{_colours(dark=True)}}}"
