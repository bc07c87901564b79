// Every flow by oauth4webapi, which checks each answer against the standards by itself.
import { Person, expect } from "./person.mjs";

const set = JSON.parse(process.env.FLOW);
const oauth = await import(`${set.modules}/oauth4webapi/build/index.js`);
const local = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(set.issuer);
const done = [];

for (const algorithm of ["oidc", "oauth2"]) {
  const found = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...local }));
  expect(found.issuer === set.issuer, "the issuer");
}
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, local));
const resource = await oauth.processResourceDiscoveryResponse(
  new URL(set.resource), await oauth.resourceDiscoveryRequest(new URL(set.resource), local));
expect(resource.authorization_servers[0] === set.issuer, "the resource's issuer");
done.push("metadata");

const person = new Person(set.issuer);
await person.signIn(set.email, set.password);

async function question(client, redirect_uri, more = {}, pushedBy) {
  const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState(), nonce = oauth.generateRandomNonce();
  const asked = {
    client_id: client.client_id, redirect_uri, response_type: "code", scope: set.scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
    resource: set.resource, ...more,
  };
  const address = new URL(as.authorization_endpoint);
  if (pushedBy) {
    const answer = await oauth.pushedAuthorizationRequest(as, client, pushedBy, asked, local);
    const pushed = await oauth.processPushedAuthorizationResponse(as, client, answer);
    address.search = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
  } else address.search = new URLSearchParams(asked);
  const back = await person.allows(address);
  return { parameters: oauth.validateAuthResponse(as, client, back, state), verifier, nonce, redirect_uri };
}

async function exchange(client, auth, asked, options = {}) {
  const answer = await oauth.authorizationCodeGrantRequest(
    as, client, auth, asked.parameters, asked.redirect_uri, asked.verifier, { ...local, ...options });
  const given = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: asked.nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, answer, local);
  const claims = oauth.getValidatedIdTokenClaims(given);
  const who = await oauth.processUserInfoResponse(
    as, client, claims.sub, await oauth.userInfoRequest(as, client, given.access_token, { ...local, ...options }));
  expect(who.email === set.email, "the person's address");
  return given;
}

async function verified(token, scheme, headers = {}) {
  const request = new Request(set.resource, { headers: { authorization: `${scheme} ${token}`, ...headers } });
  return oauth.validateJwtAccessToken(as, request, set.resource, local);
}

const site = { client_id: set.site.client_id }, basic = oauth.ClientSecretBasic(set.site.secret), post = oauth.ClientSecretPost(set.site.secret);

let given = await exchange(site, basic, await question(site, set.site.back));
expect((await verified(given.access_token, "Bearer")).sub, "a subject");
done.push("code with a secret");

given = await exchange(site, post, await question(site, set.site.back, { prompt: "consent", max_age: "3600" }, post));
done.push("pushed question");

const next = await oauth.processRefreshTokenResponse(
  as, site, await oauth.refreshTokenGrantRequest(as, site, basic, given.refresh_token, { ...local, additionalParameters: { resource: set.resource } }));
expect(next.refresh_token !== given.refresh_token, "another refresh token");
done.push("refresh");

let state = await oauth.processIntrospectionResponse(as, site, await oauth.introspectionRequest(as, site, basic, next.access_token, local));
expect(state.active, "an active token");
await oauth.processRevocationResponse(await oauth.revocationRequest(as, site, basic, next.refresh_token, local));
state = await oauth.processIntrospectionResponse(as, site, await oauth.introspectionRequest(as, site, basic, next.access_token, local));
expect(!state.active, "a token taken back");
done.push("introspection and revocation");

const app = { client_id: set.app.client_id }, none = oauth.None();
const pair = await oauth.generateKeyPair("ES256"), DPoP = oauth.DPoP(app, pair);
given = await exchange(app, none, await question(app, set.app.back), { DPoP });
expect(given.token_type === "dpop", "a token of the key");
const shown = await oauth.protectedResourceRequest(given.access_token, "GET", new URL(set.tracks), undefined, undefined, { ...local, DPoP });
expect(shown.status === 200, "the label's tracks");
const bound = await oauth.processRefreshTokenResponse(
  as, app, await oauth.refreshTokenGrantRequest(as, app, none, given.refresh_token, { ...local, DPoP }));
expect(bound.token_type === "dpop", "a refreshed token of the key");
done.push("app with a proof of possession");

const begun = await oauth.processDeviceAuthorizationResponse(
  as, app, await oauth.deviceAuthorizationRequest(as, app, none, { scope: set.scope }, local));
let early;
try {
  await oauth.processDeviceCodeResponse(as, app, await oauth.deviceCodeGrantRequest(as, app, none, begun.device_code, local));
} catch (problem) { early = problem.error; }
expect(early === "authorization_pending", "to wait");
await person.allowsDevice(begun.verification_uri_complete);
given = await oauth.processDeviceCodeResponse(as, app, await oauth.deviceCodeGrantRequest(as, app, none, begun.device_code, local));
expect(given.id_token, "an id token");
done.push("device");

const service = { client_id: set.service.client_id };
given = await oauth.processClientCredentialsResponse(as, service, await oauth.clientCredentialsGrantRequest(
  as, service, oauth.ClientSecretBasic(set.service.secret), { scope: "catalog:read clients:write", resource: set.resource }, local));
expect((await verified(given.access_token, "Bearer")).client_id === service.client_id, "the program itself");
const tracks = await oauth.protectedResourceRequest(given.access_token, "GET", new URL(set.tracks), undefined, undefined, local);
expect(tracks.status === 200, "the label's tracks");
done.push("client credentials");

const keys = await oauth.generateKeyPair("ES256", { extractable: true });
const jwk = await crypto.subtle.exportKey("jwk", keys.publicKey);
const made = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, {
  client_name: "Made by a program", scope: "catalog:read", grant_types: ["client_credentials"], response_types: [],
  token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, kid: "k" }] },
}, { ...local, initialAccessToken: given.access_token }));
const asserted = await oauth.processClientCredentialsResponse(as, made, await oauth.clientCredentialsGrantRequest(
  as, made, oauth.PrivateKeyJwt({ key: keys.privateKey, kid: "k" }), { scope: "catalog:read" }, local));
expect(asserted.access_token, "a token for a key");
done.push("registration and private_key_jwt");

const refused = await person.allows(new URL(`${as.authorization_endpoint}?${new URLSearchParams({
  client_id: site.client_id, redirect_uri: set.site.back, response_type: "code", scope: set.scope, state: "s", prompt: "consent",
  code_challenge: await oauth.calculatePKCECodeChallenge("x".repeat(43)), code_challenge_method: "S256" })}`), "refuse");
let why;
try { oauth.validateAuthResponse(as, site, refused, "s"); } catch (problem) { why = problem.error; }
expect(why === "access_denied", "a refusal");
done.push("refusal");

console.log(JSON.stringify(done));
