// Every flow by openid-client, as programs use it that do not want to know of the protocol.
import { Person, expect } from "./person.mjs";

const set = JSON.parse(process.env.FLOW);
const client = await import(`${set.modules}/openid-client/build/index.js`);
const issuer = new URL(set.issuer), execute = [client.allowInsecureRequests];
const done = [];
const person = new Person(set.issuer);
await person.signIn(set.email, set.password);

async function asked(config, redirect_uri, more = {}, build = client.buildAuthorizationUrl, options) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier(), expectedState = client.randomState(), expectedNonce = client.randomNonce();
  const address = await build(config, {
    redirect_uri, scope: set.scope, state: expectedState, nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256", ...more,
  }, options);
  return [await person.allows(address), { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }];
}

const site = await client.discovery(issuer, set.site.client_id, undefined, client.ClientSecretBasic(set.site.secret), { execute });
client.enableNonRepudiationChecks(site);
let [back, checks] = await asked(site, set.site.back);
let given = await client.authorizationCodeGrant(site, back, checks);
const who = await client.fetchUserInfo(site, given.access_token, given.claims().sub);
expect(who.email === set.email, "the person's address");
done.push("code with a secret");

const next = await client.refreshTokenGrant(site, given.refresh_token);
expect((await client.tokenIntrospection(site, next.access_token)).active, "an active token");
await client.tokenRevocation(site, next.access_token);
expect(!(await client.tokenIntrospection(site, next.access_token)).active, "a token taken back");
done.push("refresh, introspection, revocation");

[back, checks] = await asked(site, set.site.back, { prompt: "consent" }, client.buildAuthorizationUrlWithPAR);
given = await client.authorizationCodeGrant(site, back, checks);
expect(given.id_token, "an id token");
done.push("pushed question");

const app = await client.discovery(issuer, set.app.client_id, undefined, client.None(), { execute });
const DPoP = client.getDPoPHandle(app, await client.randomDPoPKeyPair("ES256"));
[back, checks] = await asked(app, set.app.back, {}, client.buildAuthorizationUrlWithPAR, { DPoP });
given = await client.authorizationCodeGrant(app, back, checks, undefined, { DPoP });
const tracks = await client.fetchProtectedResource(app, given.access_token, new URL(set.tracks), "GET", undefined, undefined, { DPoP });
expect(tracks.status === 200, "the label's tracks");
await client.refreshTokenGrant(app, given.refresh_token, undefined, { DPoP });
done.push("app with a proof of possession");

const begun = await client.initiateDeviceAuthorization(app, { scope: set.scope });
await person.allowsDevice(begun.verification_uri_complete);
given = await client.pollDeviceAuthorizationGrant(app, { ...begun, interval: 1 });
expect(given.claims().sub === who.sub, "the same person");
done.push("device");

const service = await client.discovery(issuer, set.service.client_id, undefined, client.ClientSecretPost(set.service.secret), { execute });
given = await client.clientCredentialsGrant(service, { scope: "catalog:read clients:write", resource: set.resource });
done.push("client credentials");

const made = await client.dynamicClientRegistration(issuer, {
  client_name: "Made by a program", scope: "catalog:read", redirect_uris: [set.site.back], grant_types: ["authorization_code", "refresh_token"],
}, undefined, { execute, initialAccessToken: given.access_token });
[back, checks] = await asked(made, set.site.back, { scope: "catalog:read" });
checks.idTokenExpected = false;
delete checks.expectedNonce;
given = await client.authorizationCodeGrant(made, back, checks);
expect(given.access_token, "a token for a program that was made by one");
done.push("registration");

console.log(JSON.stringify(done));
