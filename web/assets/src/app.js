/** What every page does beyond its HTML. Each part works alone, and the page reads without any. */

import { followKeys } from "./keys.js";
import { followMenu } from "./menu.js";
import { followOutline } from "./outline.js";
import { offerCopying } from "./copy.js";
import { revealHints } from "./hints.js";
import { reachScrollers } from "./scrollers.js";

followKeys();
followMenu();
followOutline();
offerCopying();
revealHints();
reachScrollers();

if (document.querySelector("[data-figure]")) {
  const { hydrateFigures } = await import("./figures/index.js");
  hydrateFigures();
}
