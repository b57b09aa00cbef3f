/** What every page does beyond its HTML. Each part works alone, and the page reads without any. */

import { followKeys } from "./keys.js";
import { followMenu } from "./menu.js";
import { followOutline } from "./outline.js";
import { offerCopying } from "./copy.js";
import { offerLanguages } from "./snippets.js";
import { revealHints } from "./hints.js";
import { reachScrollers } from "./scrollers.js";

followKeys();
followMenu();
followOutline();
offerCopying();
revealHints();
reachScrollers();
offerLanguages(); // last: a hidden snippet has no width to measure

if (document.querySelector("[data-figure]")) {
  const { hydrateFigures } = await import("./figures/index.js");
  hydrateFigures();
}
