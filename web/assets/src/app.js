/** What every page does beyond its HTML. Each part works alone, and the page reads without any. */

import { followKeys } from "./keys.js";
import { followMenu } from "./menu.js";
import { followOutline } from "./outline.js";
import { answerQuestions } from "./progress.js";
import { offerCopying } from "./copy.js";
import { offerLanguages } from "./snippets.js";
import { revealHints } from "./hints.js";
import { sendWhatWasRead, signedIn } from "./reading.js";
import { reachScrollers } from "./scrollers.js";

followKeys();
followMenu();
followOutline();
offerCopying();
revealHints();
answerQuestions();
reachScrollers();
offerLanguages(); // last: a hidden snippet has no width to measure

if (signedIn()) sendWhatWasRead(signedIn());

if (document.querySelector("[data-figure]")) {
  const { hydrateFigures } = await import("./figures/index.js");
  hydrateFigures();
}
