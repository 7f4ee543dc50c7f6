// Calling the API: one key for each change, kept when a lost answer is asked for again.
import { issuer } from "./config.js";
import { SignedOut, accessToken, forget } from "./oauth.js";

const PERSONA = `${issuer}/v1/users/me/persona`;
// Milliseconds: how long an answer may take, and the pauses before it is asked for again.
const PATIENCE = 15_000;
const PAUSES = [500, 2_000, 5_000];

// What the API refused, in its own words.
export class ApiError extends Error {
  constructor(status, { error, requestID }) {
    super(error.message);
    Object.assign(this, { status, code: error.code, details: error.details, requestID });
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// The values that the API's document gives a type, such as RejectionCode. It is public, so it takes no token.
export async function valuesOf(type) {
  const answer = await fetch(`${issuer}/v1/schema.json`, { signal: AbortSignal.timeout(PATIENCE), credentials: "omit" });
  return (await answer.json()).components.schemas[type].enum;
}

// The JSON of an answer. tell is given a sentence whenever the person has to wait. Throws ApiError, SignedOut, Error.
export async function call(method, path, { body, tell }) {
  const headers = method === "GET" ? {} : { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  const request = { method, headers, body: body && JSON.stringify(body) };
  for (const wait of [...PAUSES, null]) {
    const answer = await attempt(path, request);
    if (answer?.status < 500 && answer.status !== 429) {
      return read(answer);
    }
    if (wait === null) {
      throw answer?.json ? new ApiError(answer.status, answer.json) : new Error("PTFI could not be reached. Please try again.");
    }
    tell(answer?.status === 429 ? `PTFI is busy. Trying again in ${answer.retryAfter} s …` : "No answer. Trying again …");
    await pause(answer?.status === 429 ? answer.retryAfter * 1000 : wait);
  }
}

// One request; null when no whole answer came, whatever became of the request.
async function attempt(path, request) {
  const headers = { ...request.headers, Authorization: `Bearer ${await accessToken()}` };
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const answer = await fetch(`${PERSONA}${path}`, { ...request, headers, signal, credentials: "omit" });
    const text = await answer.text();
    const isJSON = answer.headers.get("Content-Type") === "application/json";
    const retryAfter = Number(answer.headers.get("Retry-After")) || 1;
    return { status: answer.status, json: isJSON ? JSON.parse(text) : null, retryAfter };
  } catch {
    return null;
  }
}

function read(answer) {
  if (answer.status === 401) {
    forget();
    throw new SignedOut();
  }
  if (answer.status >= 400) {
    throw new ApiError(answer.status, answer.json);
  }
  return answer.json;
}
