/** Which sections of texts were read: remembered by this browser, and, signed in, kept on the account.

    What a signed-in reader reads waits in this browser until the account has it, so that neither a
    lost connection nor a closed page loses it. What was read signed out goes to the account of who
    signs in next. Nothing is ever taken off an account here. */

const READ = "casebook.read:"; // and the path of the page: read signed out
const UNSENT = "casebook.unsent:"; // and the account and the path: read, and not on the account yet
const TOPIC = /^\/topics\/([a-z0-9-]+)\/$/;
const SETTLED = 1500; // milliseconds without another section before they are sent
const LONGEST_WAIT = 60000; // between two tries

function load(store) {
  try {
    const keys = JSON.parse(localStorage.getItem(store) ?? "[]");
    return new Set(Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : []);
  } catch {
    return new Set(); // storage is switched off, or holds something else
  }
}

function save(store, keys) {
  try {
    if (keys.size) localStorage.setItem(store, JSON.stringify([...keys]));
    else localStorage.removeItem(store);
  } catch {
    // Storage is switched off: what was read lasts as long as the page.
  }
}

function storesBeginningWith(...prefixes) {
  try {
    return Object.keys(localStorage).filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
  } catch {
    return [];
  }
}

export class RequestFailed extends Error {
  constructor(status, errors) {
    super(`status ${status}`);
    this.status = status;
    this.errors = errors; // what of the request was wrong: each with its `pointer`
  }
}

async function errorsIn(response) {
  try {
    return (await response.json()).errors ?? [];
  } catch {
    return []; // no JSON: what answered is not the site
  }
}

/** The reader who is signed in, or null: what pages of the account say in `data-reader`. */
export function signedIn() {
  const found = document.querySelector("[data-reader]");
  return found && { id: found.dataset.reader, token: found.dataset.token };
}

/** A request of the API with the session; its JSON. */
export async function ask(reader, method, url, body, options = {}) {
  const response = await fetch(url, {
    method,
    headers: {
      Accept: "application/json",
      ...(body && { "Content-Type": "application/json", "X-CSRFToken": reader.token }),
    },
    body: body && JSON.stringify(body),
    ...options,
  });
  if (!response.ok) throw new RequestFailed(response.status, await errorsIn(response));
  return response.json();
}

/** Add sections to those read of a topic, whatever another tab or device has read of it; its standing. */
function sendSections(reader, url, keys, options) {
  return ask(reader, "PUT", url, { sections_added: keys }, options);
}

/** Signed out: the browser alone remembers. */
export class BrowserReading {
  #store = READ + location.pathname;
  #read = load(this.#store);

  has(key) {
    return this.#read.has(key);
  }

  add(keys) {
    this.#read = new Set([...load(this.#store), ...this.#read, ...keys]); // another tab may have written
    save(this.#store, this.#read);
  }
}

/** Signed in: the account remembers. `changed` is called when it knows more, or `note` says something else. */
export class AccountReading {
  note = ""; // what the reader should know, such as that nothing can be saved
  #reader;
  #url;
  #sections; // of the text, in its order
  #kept; // on the account, as far as this page knows
  #unsent;
  #done;
  #stores;
  #changed;
  #timer;
  #wait = 0; // before the next try; 0 while nothing fails
  #sending = false;
  #stopped = false; // nothing more is sent
  #overruled = false; // by the page's own form: nothing more is kept, either
  #channel = new BroadcastChannel("casebook.reading");

  constructor(text, reader, sections, changed) {
    this.#reader = reader;
    this.#url = text.dataset.reading;
    this.#sections = sections;
    this.#kept = new Set(text.dataset.read.split(" "));
    this.#done = text.dataset.done === "true";
    this.#changed = changed;
    this.#stores = [`${UNSENT}${reader.id}:${location.pathname}`, READ + location.pathname];
    this.#unsent = new Set(this.#stores.flatMap((store) => [...load(store)]).filter((key) => this.#isNew(key)));
    this.#sent([...this.#kept]); // what is stored and was kept after all
    if (this.#unsent.size) this.#soon();
    this.#channel.addEventListener("message", ({ data }) => {
      if (data.url !== this.#url || data.reader !== reader.id) return;
      this.#know(data);
      this.#sent(data.sections_read);
    });
    addEventListener("online", () => this.#unsent.size && this.#soon(0));
    document.addEventListener("visibilitychange", () => document.hidden && this.#unsent.size && this.#soon(0));
    addEventListener("pagehide", () => this.#sendLast());
  }

  get done() {
    return this.#done;
  }

  get count() {
    return this.#sections.filter((key) => this.has(key)).length;
  }

  has(key) {
    return this.#kept.has(key) || this.#unsent.has(key);
  }

  add(keys) {
    const fresh = keys.filter((key) => this.#isNew(key) && !this.#unsent.has(key));
    if (!fresh.length || this.#overruled) return;
    for (const key of fresh) this.#unsent.add(key);
    save(this.#stores[0], new Set([...load(this.#stores[0]), ...fresh]));
    this.#soon();
  }

  /** From here on the page's own form says what was read: nothing of before may come after it. */
  stop() {
    this.#stopped = this.#overruled = true;
    clearTimeout(this.#timer);
    for (const store of this.#stores) save(store, new Set());
  }

  #isNew(key) {
    return this.#sections.includes(key) && !this.#kept.has(key);
  }

  #soon(wait = this.#wait || SETTLED) {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#send(), wait);
  }

  async #send() {
    if (this.#sending || this.#stopped) return;
    this.#sending = true;
    const sending = [...this.#unsent];
    try {
      const kept = await sendSections(this.#reader, this.#url, sending);
      this.#know(kept);
      this.#sent(sending);
      this.#channel.postMessage({ ...kept, url: this.#url, reader: this.#reader.id });
      this.#wait = 0;
      this.#say("");
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#sending = false;
    }
    if (this.#unsent.size) this.#soon();
  }

  #failed(error) {
    if ([401, 403].includes(error.status)) {
      this.#stopped = true;
      this.#say("You are no longer signed in. What you read is kept in this browser until you sign in again.");
    } else if ([400, 404, 422].includes(error.status)) {
      this.#stopped = true;
      this.#say("This text has changed since you opened it. Load the page again to keep what you read.");
    } else {
      this.#wait = Math.min(Math.max(this.#wait * 2, 2 * SETTLED), LONGEST_WAIT);
      this.#say("What you read is not on your account yet. It is kept in this browser and sent again soon.");
    }
  }

  #say(note) {
    if (note === this.note) return;
    this.note = note;
    this.#changed();
  }

  #know({ sections_read: read, state }) {
    this.#kept = new Set(read);
    this.#done = state === "done";
    this.#changed();
  }

  #sent(keys) {
    for (const key of keys) this.#unsent.delete(key);
    for (const store of this.#stores) {
      save(store, new Set([...load(store)].filter((key) => this.#isNew(key))));
    }
  }

  /** The page goes away: nobody is there to hear the answer. */
  #sendLast() {
    if (!this.#unsent.size || this.#stopped) return;
    sendSections(this.#reader, this.#url, [...this.#unsent], { keepalive: true }).catch(() => {});
  }
}

/** What this browser remembers of other topics goes to the account, one topic after the other. */
export async function sendWhatWasRead(reader) {
  const mine = `${UNSENT}${reader.id}:`;
  for (const store of storesBeginningWith(READ, mine)) {
    const path = store.slice(store.startsWith(READ) ? READ.length : mine.length);
    const slug = TOPIC.exec(path)?.[1];
    if (!slug || path === location.pathname) continue; // a case study, or the page that sends its own
    const url = `/api/v1/me/topics/${slug}/`;
    try {
      if (await sendStore(reader, store, url)) await sendStore(reader, store, url);
    } catch {
      return; // the next page tries again
    }
  }
}

/** Whether sections were dropped that the topic no longer has: the others are still to be sent. */
async function sendStore(reader, store, url) {
  const keys = [...load(store)].filter((key) => key !== "sources"); // the list at the end is no section
  let gone = [];
  try {
    if (keys.length) await sendSections(reader, url, keys);
  } catch (error) {
    if (![400, 404, 422].includes(error.status)) throw error;
    const pointers = error.errors.map(({ pointer }) => pointer);
    gone = keys.filter((_, index) => pointers.includes(`/sections_added/${index}`));
  }
  // Where no section is named, all are kept, or the topic itself has gone.
  const settled = [...(gone.length ? gone : keys), "sources"];
  // Read anew: another tab may have stored more meanwhile.
  save(store, new Set([...load(store)].filter((key) => !settled.includes(key))));
  return gone.length > 0;
}
