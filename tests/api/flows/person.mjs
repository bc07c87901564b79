// A person with a browser: signs in, follows questions for consent, answers them; and names of this machine found here.
import dns from "node:dns";

const { lookup } = dns;
dns.lookup = (host, options, done) => {
  const [asked, answer] = typeof options === "function" ? [{}, options] : [options ?? {}, done];
  if (!host.endsWith(".localhost")) return lookup(host, asked, answer);
  return asked.all ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4);
};

export class Person {
  cookies = new Map();

  constructor(origin) {
    this.origin = origin;
  }

  async go(path, form) {
    const headers = { cookie: [...this.cookies].map((pair) => pair.join("=")).join("; "), accept: "text/html" };
    if (form) Object.assign(headers, { origin: this.origin, "content-type": "application/x-www-form-urlencoded" });
    const body = form && new URLSearchParams(form).toString();
    const answer = await fetch(new URL(path, this.origin), { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(";")[0].split("=");
      this.cookies.set(name, value.join("="));
    }
    return answer;
  }

  async signIn(email, password) {
    const answer = await this.go("/portal/sign-in", { email, password });
    if (answer.status !== 303) throw new Error(`not let in: ${answer.status}`);
  }

  // Where the browser is sent in the end: the program's own address with the answer.
  async allows(question, decision = "allow") {
    const asked = await this.go(question);
    const place = asked.headers.get("location");
    if (!place?.startsWith("/oauth/consent/")) return new URL(place ?? `about:${asked.status}`);
    const page = await this.go(place);
    if (page.status !== 200) throw new Error(`no question: ${page.status}`);
    return new URL((await this.go(place, { decision })).headers.get("location"));
  }

  async allowsDevice(address) {
    const user_code = new URL(address).searchParams.get("user_code");
    const page = await this.go("/oauth/device", { user_code });
    if (page.status !== 200) throw new Error(`no device: ${page.status}`);
    const done = await this.go("/oauth/device/decision", { user_code, decision: "allow" });
    if (done.status !== 200) throw new Error(`not allowed: ${done.status}`);
  }
}

export function expect(truth, what) {
  if (!truth) throw new Error(`expected ${what}`);
}
