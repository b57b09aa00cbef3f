/**
 * Jobs of one kind over the API. Never more than one request is in flight; while it is, the newest
 * parameters wait and older ones are forgotten, so the last value asked for is the last one shown.
 */

const JOBS = "/api/v1/compute/jobs/";
const SPACING = 100; // milliseconds between the starts of two requests: a drag asks ten times a second
const PATIENCE = 60_000; // how long a queued job is followed
const MOST_REMEMBERED = 200;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class ComputeError extends Error {
  constructor(message, wait = 0) {
    super(message);
    this.wait = wait;
  }
}

async function request(url, options = {}) {
  let response;
  try {
    response = await fetch(url, {
      ...options,
      headers: { Accept: "application/json", Prefer: "wait=10", ...options.headers },
      credentials: "omit",
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new ComputeError("The server did not answer.");
  }
  const body = await response.json().catch(() => null);
  if (response.status === 429) {
    const wait = Number(response.headers.get("Retry-After")) || 2;
    throw new ComputeError("Too many requests at the moment.", wait * 1000);
  }
  if (!response.ok || !body) {
    throw new ComputeError(body?.errors?.[0]?.detail ?? body?.detail ?? `The server answered ${response.status}.`);
  }
  return body;
}

async function finished(kind, params) {
  const end = performance.now() + PATIENCE;
  let job = await request(JOBS, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind, params }),
  });
  while (job.state === "queued" || job.state === "running") {
    if (performance.now() > end) throw new ComputeError("The computation takes too long.");
    await pause(300);
    job = await request(`${JOBS}${job.id}/`);
  }
  if (job.state !== "succeeded") throw new ComputeError(job.error?.detail ?? "The computation failed.");
  return job;
}

export class Computation {
  #kind;
  #onJob;
  #onError;
  #wanted = null;
  #running = false;
  #remembered = new Map();

  /** `onJob(job, params)` for every finished job, `onError(message, params)` when the last one failed. */
  constructor(kind, onJob, onError) {
    this.#kind = kind;
    this.#onJob = onJob;
    this.#onError = onError;
  }

  ask(params) {
    this.#wanted = structuredClone(params);
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    try {
      while (this.#wanted) await this.#step();
    } finally {
      this.#running = false;
    }
  }

  async #step() {
    const params = this.#wanted;
    this.#wanted = null;
    const started = performance.now();
    try {
      this.#onJob(await this.#job(params), params);
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
      if (!this.#wanted) this.#onError(error.message, params);
      await pause(Math.min(error.wait, 5000));
    }
    await pause(Math.max(0, SPACING - (performance.now() - started)));
  }

  async #job(params) {
    const key = JSON.stringify(params);
    if (!this.#remembered.has(key)) {
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(key, await finished(this.#kind, params));
    }
    return this.#remembered.get(key);
  }
}
