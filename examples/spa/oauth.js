// Signing in with PTFI: authorization code with PKCE (RFC 7636). Tokens live in memory only, so a reload signs in again.
import { clientID, issuer } from "./config.js";

const SCOPES = ["openid", "profile", "persona:read_traits", "persona:manage_traits"];
const KEPT = "sign-in";
// Milliseconds before its end at which an access token is renewed.
const EARLY = 30_000;
const redirectURI = new URL("./", location.href).href;

// The app has no valid token: the person has to sign in (again).
export class SignedOut extends Error {}

let provider = null;
let tokens = null;
let renewing = null;

// PTFI's discovery document, read once.
function discovered() {
  provider ??= discover().catch((error) => {
    provider = null;
    throw error;
  });
  return provider;
}

async function discover() {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { credentials: "omit" }).catch(() => null);
  if (!answer?.ok) {
    throw new Error(`PTFI could not be reached at ${issuer}. Is it running, and is this page's origin registered?`);
  }
  const found = await answer.json();
  if (found.issuer !== issuer) {
    throw new Error(`PTFI calls itself ${found.issuer}; config.js has another address.`);
  }
  return found;
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

// Send the person to PTFI, which asks them and sends them back here.
export async function signIn() {
  const { authorization_endpoint: address } = await discovered();
  const verifier = random();
  const state = random();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem(KEPT, JSON.stringify({ verifier, state }));
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: clientID,
    redirect_uri: redirectURI,
    scope: SCOPES.join(" "),
    state,
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
  });
  location.assign(`${address}?${asked}`);
}

// Where the person has just come back from PTFI, change the code for tokens. Whether they had.
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("code") && !answer.has("error")) {
    return false;
  }
  const begun = JSON.parse(sessionStorage.getItem(KEPT));
  sessionStorage.removeItem(KEPT);
  // The code must not stay in the address, where history and bookmarks would keep it.
  history.replaceState(null, "", redirectURI);
  if (!begun || answer.get("state") !== begun.state) {
    throw new Error("This sign-in was not begun here, so it is ignored. Please sign in again.");
  }
  if (answer.has("error")) {
    const refused = answer.get("error") === "access_denied";
    throw new Error(refused ? "You did not let this app in." : `PTFI refused: ${answer.get("error")}.`);
  }
  await getTokens({
    grant_type: "authorization_code",
    code: answer.get("code"),
    code_verifier: begun.verifier,
    redirect_uri: redirectURI,
  });
  return true;
}

async function getTokens(parameters) {
  const { token_endpoint: address } = await discovered();
  const answer = await post(address, parameters);
  if (!answer.ok) {
    tokens = null;
    throw new SignedOut();
  }
  const made = await answer.json();
  tokens = {
    access: made.access_token,
    refresh: made.refresh_token,
    endsAt: Date.now() + made.expires_in * 1000,
    scopes: made.scope.split(" "),
  };
}

const post = (address, parameters) =>
  fetch(address, {
    method: "POST",
    credentials: "omit",
    body: new URLSearchParams({ client_id: clientID, ...parameters }),
  });

// A valid access token, renewed shortly before its end. A refresh token works once: only one request may bring it.
export async function accessToken() {
  if (tokens && Date.now() > tokens.endsAt - EARLY) {
    renewing ??= getTokens({ grant_type: "refresh_token", refresh_token: tokens.refresh }).finally(() => {
      renewing = null;
    });
    await renewing;
  }
  if (!tokens) {
    throw new SignedOut();
  }
  return tokens.access;
}

// Whether the person gave the app this scope; they can leave some out.
export const allows = (scope) => tokens?.scopes.includes(scope) ?? false;

// The name that the person chose; empty if the app may not know it.
export async function name() {
  const { userinfo_endpoint: address } = await discovered();
  const headers = { Authorization: `Bearer ${await accessToken()}` };
  const answer = allows("openid") ? await fetch(address, { credentials: "omit", headers }) : null;
  return answer?.ok ? ((await answer.json()).name ?? "") : "";
}

export function forget() {
  tokens = null;
}

// Forget the tokens, and have PTFI do so: with a refresh token all that came of the consent ends.
export async function signOut() {
  await renewing?.catch(() => {});
  const token = tokens?.refresh;
  forget();
  if (!token) {
    return;
  }
  const { revocation_endpoint: address } = await discovered();
  const answer = await post(address, { token, token_type_hint: "refresh_token" }).catch(() => null);
  if (!answer?.ok) {
    throw new Error("You are signed out here, but PTFI could not be told. Its page “Connected apps” ends the access.");
  }
}
