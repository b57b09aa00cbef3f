"""TeX to MathML, with classes in place of styles. Nothing here knows of Django."""

import re

from math_core import LatexError, LatexToMathML

# A named colour stands for a class until the formula is made: math-core has no class macro, and
# takes colours by name only. The second is the style that it writes for the first.
SYMBOL_COLOURS = {
    "prior": ("Apricot", "#FFB882"),
    "likelihood": ("Aquamarine", "#1CBFC1"),
    "evidence": ("Bittersweet", "#D04C17"),
    "posterior": ("BlueGreen", "#14BCBC"),
    "query": ("BrickRed", "#C43119"),
    "key": ("BurntOrange", "#FF8E27"),
    "value": ("CarnationPink", "#FC81BC"),
}
STYLE_CLASSES = {
    "text-align: right": "math-right",
    "text-align: left": "math-left",
    "text-align: center": "math-center",
    "justify-items: end": "",
    "justify-items: start": "",
    "justify-items: center": "",
    "padding-right: 0": "math-flush-right",
    "padding-left: 0": "math-flush-left",
    "padding-left: 1em": "math-gap-left",
    "margin-left: -0.16666667em": "math-tight",
    "border-right: 0.05em solid currentcolor": "math-rule-right",
    "border-left: 0.05em solid currentcolor": "math-rule-left",
    "border-top: 0.05em solid currentcolor": "math-rule-top",
    "border-bottom: 0.05em solid currentcolor": "math-rule-bottom",
} | {f"color: {style}": f"math-{name}" for name, (_, style) in SYMBOL_COLOURS.items()}


def render_formula(tex: str, *, display: bool) -> str:
    """TeX to MathML with classes in place of styles. Raises ValueError with one sentence."""
    try:
        mathml = _latex.convert_with_local_state(tex, displaystyle=display)
    except LatexError as exc:
        message = str(exc).strip().splitlines()[0]
        raise ValueError(f"The formula {_shorten(tex)!r} does not render: {message}") from None
    return re.sub(r' style="([^"]*)"', lambda found: _classes(found[1], tex), mathml)


def _classes(style: str, tex: str) -> str:
    names = []
    for declaration in filter(None, (part.strip() for part in style.split(";"))):
        name, _, value = declaration.partition(":")
        normal = f"{name.strip()}: {value.strip()}"
        if normal not in STYLE_CLASSES:
            raise ValueError(
                f"The formula {_shorten(tex)!r} sets {normal!r}; colours and sizes are not free,"
                r" use \prior{}, \likelihood{}, \evidence{}, \posterior{}, \query{}, \key{}"
                r" or \value{}."
            )
        names.append(STYLE_CLASSES[normal])
    return f' class="{" ".join(filter(None, names))}"' if any(names) else ""


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


_latex = LatexToMathML(
    macros={name: rf"\textcolor{{{colour}}}{{#1}}" for name, (colour, _) in SYMBOL_COLOURS.items()},
    fancy_error=False,
)
