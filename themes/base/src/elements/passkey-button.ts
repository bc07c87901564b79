// A button that makes or uses a passkey: asks the server what to ask, asks the browser, brings the answer back.
//
// <passkey-button data-kind="get|create" data-options="/…/options" data-action="/…" data-next="/…">
//   <button type="button" hidden>…</button>            shown where the browser knows passkeys
//   <p role="alert" hidden>…</p>                       shown when it did not work
// </passkey-button>

type Bytes = Uint8Array<ArrayBuffer>;

interface Described {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}

function decoded(text: string): Bytes {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "="));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function encoded(buffer: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function described(list: Described[] | undefined): PublicKeyCredentialDescriptor[] {
  return (list ?? []).map((one) => ({ ...one, id: decoded(one.id) }));
}

async function posted(address: string, body?: unknown): Promise<any> {
  const answer = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", accept: "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function made(options: any): Promise<Credential | null> {
  return navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decoded(options.challenge),
      user: { ...options.user, id: decoded(options.user.id) },
      excludeCredentials: described(options.excludeCredentials),
    },
  });
}

async function used(options: any): Promise<Credential | null> {
  return navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: decoded(options.challenge),
      allowCredentials: described(options.allowCredentials),
    },
  });
}

function written(credential: PublicKeyCredential): unknown {
  const { response } = credential;
  const common = { clientDataJSON: encoded(response.clientDataJSON) };
  const own =
    response instanceof AuthenticatorAttestationResponse
      ? { attestationObject: encoded(response.attestationObject) }
      : proof(response as AuthenticatorAssertionResponse);
  return {
    id: credential.id,
    rawId: encoded(credential.rawId),
    type: "public-key",
    response: { ...common, ...own },
  };
}

function proof(response: AuthenticatorAssertionResponse): Record<string, string> {
  return {
    authenticatorData: encoded(response.authenticatorData),
    signature: encoded(response.signature),
    ...(response.userHandle ? { userHandle: encoded(response.userHandle) } : {}),
  };
}

export class PasskeyButton extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button || !("PublicKeyCredential" in window)) return;
    button.hidden = false;
    button.addEventListener("click", () => void this.run(button));
  }

  private async run(button: HTMLButtonElement): Promise<void> {
    const { kind, options, action, next } = this.dataset;
    const alert = this.querySelector<HTMLElement>("[role=alert]");
    if (!options || !action) return;
    button.disabled = true;
    if (alert) alert.hidden = true;
    try {
      const asked = await posted(options);
      const credential = await (kind === "create" ? made(asked) : used(asked));
      if (!(credential instanceof PublicKeyCredential)) throw new Error("none");
      const answer = await posted(action, { credential: written(credential), next: next ?? "" });
      location.assign(answer.next);
    } catch {
      // Whoever closed the browser's own dialogue sees the same sentence: nothing happened, try again.
      if (alert) alert.hidden = false;
      button.disabled = false;
    }
  }
}

if (!customElements.get("passkey-button")) customElements.define("passkey-button", PasskeyButton);
